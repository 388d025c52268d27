"""Requests to answers: the only part that knows of HTTP. Starlette calls handlers in threads, as they read databases."""
