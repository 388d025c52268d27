"""The scoring server's process: load the model, listen, answer, stop."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

from .collected import REQUEST, RESPONSE, Collected
from .collecting import Collector, Listener
from .failure import describe, leave_word
from .mlflow_model import MlflowModel
from .model import Model, UnusableModel
from .network import Network, stop_signals
from .script import EntryScript
from .settings import Settings
from .work import WorkQueue

UNUSABLE = 3
"""Exit code: the model cannot be served as it is, starting again will not help."""
LOAD_FAILED = 4
"""Exit code: the model's own code failed while loading."""

_log = logging.getLogger("scoring")


def serve(settings: Settings, model: Model, configuration: Path) -> None:
    """Load the model, then answer until SIGTERM or SIGINT; requests at hand are still answered.

    Model code runs in the calling thread. Call it in the main one: scripts may set signal handlers and use its event loop.

    Raises:
        BaseException: whatever loading raises.
    """
    queue = WorkQueue()
    with stop_signals() as signals:
        network = Network(Path(settings.socket), configuration, model, queue)
        network.start(signals)
        try:
            model.load()
            network.listen()
            _log.info("deployment %s is ready", settings.deployment)
            queue.serve()
        finally:
            network.stop()


def model_of(settings: Settings, collector: Collector | None = None) -> Model:
    """The model that the settings name.

    Args:
        collector: writes what is collected, if anything is.

    Raises:
        UnusableModel: they name none.
    """
    model: Model
    if settings.script:
        model = EntryScript(Path(settings.script))
    elif settings.model:
        model = MlflowModel(Path(settings.model), collector)
    else:
        raise UnusableModel("The deployment has neither a scoring script nor an MLflow model.")
    if collector is not None and (collector.has(REQUEST) or collector.has(RESPONSE)):
        return Collected(model, collector)
    return model


@contextlib.contextmanager
def collecting(settings: Settings) -> Iterator[Collector | None]:
    """What writes collected data; None where nothing is collected. Meanwhile scripts may use azureml-ai-monitoring."""
    if settings.collector is None:
        yield None
        return
    collector = Collector(settings.collector, Path(settings.socket).stem)
    listener = Listener(collector)
    listener.start()
    try:
        yield collector
    finally:
        listener.stop()


def main(arguments: list[str]) -> int:
    """Run a scoring server. Returns the exit code.

    Args:
        arguments: the configuration file.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    configuration = Path(arguments[0])
    settings = Settings.read(configuration)
    try:
        with collecting(settings) as collector:
            serve(settings, model_of(settings, collector), configuration)
    except UnusableModel as error:
        _log.error("%s", error)
        leave_word(configuration, str(error))
        return UNUSABLE
    except BaseException as error:
        # The model's own code may raise anything: its whole traceback belongs into the deployment's log.
        _log.exception("the model did not load")
        leave_word(configuration, describe(error, settings.folder))
        return LOAD_FAILED
    return 0
