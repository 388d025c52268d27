"""MLflow for one workspace: its server, a client for the few calls we need, and where the files of runs and models are.

In: a workspace's folder. Out: the address and token of a tracking server, paths of files that runs logged.
"""
