"""What callers of the workspace have done: writing records, waiting, logs, scoring, the workspace as a whole.

Runs in the caller's process. In: drafts, keys, requests. Out: records, lines of logs, answers. Reached through `workspace.service` only.
"""
