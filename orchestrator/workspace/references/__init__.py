"""What a reference in a body stands for: an asset, a file, a curated environment, or what the settings put in its place.

In: a reference and the records. Out: a local path, a record, or the reason why there is none.
"""
