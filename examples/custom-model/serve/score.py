"""init() once, run() for each request: the contract of Azure ML's inference server."""

import json
import os
from pathlib import Path

greetings = {}


def init():
    """Load the model. A folder model lies below AZUREML_MODEL_DIR under its own name."""
    path = Path(os.environ["AZUREML_MODEL_DIR"]) / "model" / "greetings.json"
    greetings.update(json.loads(path.read_text()))


def run(raw_data):
    """Answer one request."""
    request = json.loads(raw_data)
    greeting = greetings.get(request.get("language"), greetings["en"])
    return {"text": f"{greeting}, {request['name']}{os.environ['GREETING_MARK']}"}
