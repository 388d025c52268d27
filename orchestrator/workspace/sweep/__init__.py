"""Sweeps: a program of ours that starts trials as child runs, follows their metric and says which was best.

It forgets nothing that matters: which trials there are, with which parameters and how they ended, stands in the workspace's records.
Killed and begun again, it goes on where it was.
"""
