"""The folder of a workspace: where things are in it, which workspace it is, and files that survive a power cut.

In: the path of a folder. Out: paths below it, its identity, folders synced, shared or removed as a whole.
"""
