"""The loop over HTTP: health, metrics, status as JSON, and a few requests for those who hold a token."""
