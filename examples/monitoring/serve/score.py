"""Predicts rents, and collects what it is asked and what it answers."""

import json

import pandas
from azureml.ai.monitoring import Collector

PER_ROOM = {"north": 300, "south": 400}


def init():
    global inputs, outputs
    inputs = Collector(name="model_inputs")
    outputs = Collector(name="model_outputs")


def run(data):
    homes = pandas.DataFrame(json.loads(data)["data"])
    context = inputs.collect(homes)
    rents = homes["rooms"] * homes["district"].map(PER_ROOM).fillna(350) + homes["size"] * 2.0
    outputs.collect(rents.to_frame("rent"), context)
    return rents.tolist()
