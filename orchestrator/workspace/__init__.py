"""The embedded workspace: a small Azure ML in a folder of this machine, which really runs jobs, AutoML and endpoints.

In: records of what should be. Out: processes that make it so, and records of how it is.
"""
