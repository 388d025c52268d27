"""Monitors: signals about data that online deployments collect, computed in a run at each firing of a schedule."""
