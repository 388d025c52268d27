"""Schedules of the embedded workspace: what fires when, and the runs that come of it."""
