"""Batch endpoints, invoked: the job that a request and a deployment make."""
