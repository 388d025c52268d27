"""Predicts rents, and collects what it is asked and what it answers."""

import json

import pandas
from azureml.ai.monitoring import Collector

PER_ROOM = {"north": 300, "south": 400}
COLLECTORS = {}


def init():
    COLLECTORS.update({name: Collector(name=name) for name in ("model_inputs", "model_outputs")})


def run(data):
    homes = pandas.DataFrame(json.loads(data)["data"])
    context = COLLECTORS["model_inputs"].collect(homes)
    rents = homes["rooms"] * homes["district"].map(PER_ROOM).fillna(350) + homes["size"] * 2.0
    COLLECTORS["model_outputs"].collect(rents.to_frame("rent"), context)
    return rents.tolist()
