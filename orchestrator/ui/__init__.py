"""Pages for a browser: what the spec wants, what the workspace has, and what ran there.

In: snapshots of a project, made by `engine`, and what runs have logged. Out: HTML and SVG, made
here; no build step, nothing from elsewhere.
`gate` decides who may look, `app` knows the addresses, `handlers/` answers requests, a module of `pages/` makes what one page shows,
`templates/` says how it looks.
"""
