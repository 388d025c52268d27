"""Processes that outlive who started them.

In: a command line. Out: a `ProcessIdentity` by which the process is found, watched and ended later, also by another process.
"""
