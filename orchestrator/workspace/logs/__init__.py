"""The logs of runs and deployments, and secrets kept out of them.

In: what a process prints, and the secrets it was given. Out: a log file without them.
"""
