"""The scoring server: one process that loads a model and answers requests about it.

It runs inside the deployment's own environment, which knows nothing of amlctl. So this package needs the standard library only
and imports its own parts relatively; uvloop, MLflow, pandas, inference-schema are used where the environment has them.
"""
