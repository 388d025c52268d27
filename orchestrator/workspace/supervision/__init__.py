"""The supervisor of a workspace, the guard that restarts it, and the line by which others speak to both.

In: records, and requests over a local socket. Out: calls of each `Manager`, which makes processes match the records.
"""
