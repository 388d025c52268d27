"""The embedded workspace as a backend."""
