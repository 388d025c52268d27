"""Recordings of the service: a bounded round of requests, their answers without what is private, and how they compare with ours."""
