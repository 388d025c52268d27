"""Inside the tracking server's process: MLflow over the workspace's own records."""
