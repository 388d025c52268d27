"""What was applied: records, journal and lock of one project in one workspace."""
