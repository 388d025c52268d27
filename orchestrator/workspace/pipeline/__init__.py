"""Runs pipelines: a program of ours that starts a run for each step, in the order in which data flow.

In: the folder of a pipeline job. Out: its children, what is bound to its outputs, and what its log says.
"""
