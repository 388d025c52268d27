"""Files of users, kept once by their digest.

In: local files and folders, and addresses on the web. Out: references to the content store, and paths that they stand for.
"""
