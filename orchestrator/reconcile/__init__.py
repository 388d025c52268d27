"""The loop that keeps workspaces equal to their specs: facts and effects around a pure core of decisions."""
