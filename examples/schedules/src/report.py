"""Writes one line. A stand-in for a report that reads data."""

import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--period", required=True)
print(f"the report of the {parser.parse_args().period}")
