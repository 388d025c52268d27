"""Reading the documented subset of ``MLTable`` files with pandas; see `table.read`."""
