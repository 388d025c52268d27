"""The stages in order: text to desired, workspace to observed, state to applied, the three to a plan, a plan to a report."""
