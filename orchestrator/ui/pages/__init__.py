"""What each page shows: snapshots to plain values for a template. A module for each page; nothing here knows of HTTP."""
