"""Prints what it was given."""

import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--target")
parser.add_argument("--nodes", type=int)
options = parser.parse_args()
print(f"target {options.target} with {options.nodes} node(s)")
