"""Forecasting: lag and calendar features on the tabular learners, and seasonal naive, scored by rolling origin."""
