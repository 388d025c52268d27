"""Goodput under overload: what an endpoint still answers when four times as many callers ask as can be served in time.

    python -m benchmarks.overload

The real router and a real scoring server whose model takes 50 ms. First as many callers as keep it busy, then four times as many as fit
into the time-out, each asking again as soon as it is answered, or after the seconds that a 429 names, and some of them leaving early.
Goal: at least 80 % of the capacity that the first load found.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from benchmarks.measure import machine
from benchmarks.router import BODY, KEY, Stage

MODEL = "import time\ndef init(): pass\ndef run(raw):\n    time.sleep(0.05)\n    return {'result': [False]}\n"
TIMEOUT_S = 1.0
SECONDS = 20.0
IN_TIME = int(TIMEOUT_S / 0.05)


async def caller(port: int, until: float, seen: Counter[str], *, leaves: bool) -> None:
    """Ask until the time is over."""
    request = b"POST /score HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
    while time.monotonic() < until:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request % (KEY.encode(), len(BODY), BODY))
        try:
            async with asyncio.timeout(0.2 if leaves else 10 * TIMEOUT_S):
                answer = await reader.read()
        except TimeoutError:
            seen["left"] += 1
            continue
        finally:
            writer.close()
        status = answer.split(b" ")[1].decode()
        seen[status] += 1
        if status == "429":
            told = answer.lower().partition(b"retry-after: ")[2].split(b"\r\n")[0]
            await asyncio.sleep(int(told or b"1"))


async def load(port: int, callers: int, *, leaving: bool) -> Counter[str]:
    """What so many callers get; every fourth leaves early, if asked."""
    seen: Counter[str] = Counter()
    until = time.monotonic() + SECONDS
    await asyncio.gather(*(caller(port, until, seen, leaves=leaving and number % 4 == 3) for number in range(callers)))
    return seen


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        try:
            socket = stage.serve("model", MODEL)
            port = int(stage.route(settings=lambda route: replace(route, timeout_s=TIMEOUT_S), model=socket)["model"])
            steady = asyncio.run(load(port, 4, leaving=False))
            over = asyncio.run(load(port, 4 * IN_TIME, leaving=True))
        finally:
            stage.close()
    print(f"{machine()}; {SECONDS:.0f} s each")
    print(f"4 callers: {dict(steady)}")
    print(f"{4 * IN_TIME} callers, every fourth leaves after 0.2 s: {dict(over)}")
    print(f"goodput {over['200'] / steady['200']:.0%} of capacity (goal: 80 %)")


if __name__ == "__main__":
    main()
