"""Removes what no record of a workspace needs any more.

In: records and running jobs. Out: files removed, and how many bytes that were.
"""
