"""AutoML on one machine: tabular classification, regression and forecasting.

Run as ``python -m orchestrator.workspace.automl JOB_FOLDER``. The folder's ``run.json`` says what to learn from
which table; the answer is a ``best_model`` folder, ``outputs/leaderboard.json`` and ``metrics.json``.

The command keeps the data and asks the search for the next trial; a pool of worker processes fits and scores; the
command alone talks to MLflow.
"""
