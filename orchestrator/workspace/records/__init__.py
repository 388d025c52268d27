"""What a workspace knows of each resource: records in SQLite, and secrets beside them in files of the owner.

In: records to write, keys to read. Out: `Record`, never with a secret in it.
"""
