"""Programs that run in the environment of a job, with nothing of ours beside them: the standard library only, from Python 3.8 on.

In: arguments. Out: what the job leaves.
"""
