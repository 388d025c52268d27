"""Pythons that jobs and deployments run with.

In: the body of an environment (conda file, image, requirements), and the Pythons of this machine. Out: a recipe that a plan can
show, and from it an interpreter with its packages.
"""
