"""The scoring server's process: load the model, listen, answer, stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from .answers import Answer, Rejected, problem
from .failure import describe, leave_word
from .http import Request, ServerConnection
from .mlflow_model import MlflowModel, Model
from .script import EntryScript, UnusableModel
from .settings import Settings

SCORE_PATH = "/score"
UNUSABLE = 3
"""Exit code: the model cannot be served as it is, starting again will not help."""
LOAD_FAILED = 4
"""Exit code: the model's own code failed while loading."""

_WANTED_INTERVAL_S = 1.0
_log = logging.getLogger("scoring")


class ScoringServer:
    """Answers requests about one model.

    Args:
        settings: what to serve and where.
        model: called in threads of its own, so that probes are answered while it works.
        configuration: the file that the settings came from. The server ends when somebody removes it: nobody wants it any more.
    """

    def __init__(self, settings: Settings, model: Model, configuration: Path) -> None:
        self._settings = settings
        self._configuration = configuration
        self._model = model
        self._threads = ThreadPoolExecutor(settings.threads, thread_name_prefix="model")
        self._connections: set[ServerConnection] = set()

    async def serve(self) -> None:
        """Load the model, then listen until SIGTERM or SIGINT; requests at hand are still answered.

        Raises:
            Exception: whatever loading raises.
        """
        loop = asyncio.get_running_loop()
        stopped, loaded = asyncio.Event(), asyncio.Event()

        def stop() -> None:
            # Model code cannot be interrupted while it loads, and nobody waits for an answer yet.
            stopped.set() if loaded.is_set() else os._exit(0)

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        watching = asyncio.ensure_future(self._until_unwanted(stop))
        await loop.run_in_executor(self._threads, self._model.load)
        loaded.set()
        listener = await self._listen(loop)
        _log.info("deployment %s is ready", self._settings.deployment)
        await stopped.wait()
        watching.cancel()
        listener.close()
        for connection in tuple(self._connections):
            connection.finish()
        while self._connections:
            await asyncio.sleep(0.01)

    async def _until_unwanted(self, stop: Callable[[], None]) -> None:
        while self._configuration.exists():
            await asyncio.sleep(_WANTED_INTERVAL_S)
        stop()

    async def _listen(self, loop: asyncio.AbstractEventLoop) -> asyncio.AbstractServer:
        path = Path(self._settings.socket)
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            return await loop.create_unix_server(lambda: ServerConnection(self._handle, self._connections), str(path))
        finally:
            os.umask(before)

    def _handle(self, request: Request, reply: Callable[[Answer], None]) -> None:
        if request.path == SCORE_PATH and request.method in ("POST", "GET"):
            loop = asyncio.get_running_loop()
            job = self._threads.submit(self._score, request.body)
            job.add_done_callback(lambda done: _deliver(loop, reply, done))
        elif request.method == "GET":
            # Whatever path a deployment's probes name: listening at all means that the model is loaded.
            reply(Answer(200, b"Healthy", "text/plain"))
        else:
            reply(problem(404, "NotFound", f"There is nothing at {request.path}; POST to {SCORE_PATH}."))

    def _score(self, body: bytes) -> Answer:
        try:
            return self._model.answer(body)
        except Rejected as error:
            return problem(error.status, "BadRequest" if error.status < 500 else "BadAnswer", str(error))
        except Exception as error:  # model code may raise anything; the server goes on
            status = getattr(error, "status_code", None)
            if isinstance(status, int) and 400 <= status < 500:
                return problem(status, "BadRequest", str(error))
            _log.exception("run() failed")
            return problem(500, "ModelError", f"{type(error).__name__}: {error}")


def _deliver(loop: asyncio.AbstractEventLoop, reply: Callable[[Answer], None], done: Future[Answer]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop ended before the model did
        loop.call_soon_threadsafe(reply, done.result())


def model_of(settings: Settings) -> Model:
    """The model that the settings name.

    Raises:
        UnusableModel: they name none.
    """
    if settings.script:
        return EntryScript(Path(settings.script))
    if settings.model:
        return MlflowModel(Path(settings.model))
    raise UnusableModel("The deployment has neither a scoring script nor an MLflow model.")


def main(arguments: list[str]) -> int:
    """Run a scoring server. Returns the exit code.

    Args:
        arguments: the configuration file.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = Settings.read(Path(arguments[0]))
    try:
        server = ScoringServer(settings, model_of(settings), Path(arguments[0]))
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(server.serve())
    except UnusableModel as error:
        _log.error("%s", error)
        leave_word(Path(arguments[0]), str(error))
        return UNUSABLE
    except (
        Exception,
        SystemExit,
    ) as error:  # the model's own code: its whole traceback belongs into the deployment's log
        _log.exception("the model did not load")
        leave_word(Path(arguments[0]), describe(error, settings.folder))
        return LOAD_FAILED
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # faster where the environment has it
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
