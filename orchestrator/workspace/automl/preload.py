"""Imported once by the fork server, so that each worker starts with its libraries in memory."""

from __future__ import annotations

import lightgbm  # noqa: F401
import pandas as pd  # noqa: F401
import scipy.stats  # noqa: F401
import sklearn.compose
import sklearn.ensemble
import sklearn.impute
import sklearn.linear_model
import sklearn.metrics
import sklearn.model_selection
import sklearn.naive_bayes
import sklearn.neighbors
import sklearn.pipeline
import sklearn.svm
import sklearn.tree  # noqa: F401
import xgboost  # noqa: F401

from . import tabular, worker  # noqa: F401
