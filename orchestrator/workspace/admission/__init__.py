"""What must be true before a record is written or deleted.

In: the record, and those that it mentions. Out: nothing, or the error that says why not.
"""
