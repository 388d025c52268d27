"""Where the spec of a project comes from: a folder, or a git repository."""
