"""The tools, one module each, of the tool's name, with ``run(arguments)``. Adding a file adds a tool."""
