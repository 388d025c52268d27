"""Guards around calls that upload files: one at a time for the same content, and none for ever."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from typing import Final, TypeVar

from orchestrator.core.errors import TimedOut
from orchestrator.core.value import LocalFiles

Result = TypeVar("Result")

LONGEST_S: Final = 3_600.0
"""The signature that the client uploads with ends after an hour, so nothing can be uploaded any more.
Source: azure-ai-ml, ``expireAfterHours: 1``."""


class Uploads:
    """Lets calls with the same files pass one after the other, and gives up on those that never return.

    Two threads that upload the same new file at once leave each other waiting for ever, and so does a folder of which one file
    fails. Source: measured with azure-ai-ml 1.35; issues 30155 and 48269.

    Args:
        longest_s: bound on one call, seconds.
    """

    def __init__(self, longest_s: float = LONGEST_S) -> None:
        self._longest_s = longest_s
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._using = threading.Lock()

    def run(self, files: Iterable[LocalFiles], doing: str, call: Callable[[], Result]) -> Result:
        """Make a call that may upload files. Without files it is just made.

        Raises:
            TimedOut: it did not return in time; it may go on in the background.
        """
        digests = sorted({file.digest for file in files})
        if not digests:
            return call()
        with self._alone(digests):
            return self._watched(doing, call)

    @contextmanager
    def _alone(self, digests: Iterable[str]) -> Iterator[None]:
        with ExitStack() as held:
            for digest in digests:  # sorted, so that no two wait for each other
                with self._using:
                    lock = self._locks[digest]
                held.enter_context(lock)
            yield

    def _watched(self, doing: str, call: Callable[[], Result]) -> Result:
        answer: Future[Result] = Future()

        def work() -> None:
            try:
                answer.set_result(call())
            except BaseException as error:
                answer.set_exception(error)

        threading.Thread(target=work, name="azure-upload", daemon=True).start()
        try:
            return answer.result(self._longest_s)
        except TimeoutError as error:
            if answer.done():
                raise  # the call's own
            raise TimedOut(f"Cannot {doing}: the upload did not finish within {self._longest_s:g} s.") from error
