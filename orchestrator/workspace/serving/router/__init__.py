"""The process that takes callers' requests and hands them to scoring servers.

In: the routing table (`serving.table`) in a file, and HTTP requests. Out: answers, and counters.
"""
