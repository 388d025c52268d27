"""The scoring servers of one deployment, as the router uses them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from orchestrator.workspace.serving.messages import Payload, Reply
from orchestrator.workspace.serving.pace import Pace
from orchestrator.workspace.serving.table import DeploymentRoute
from orchestrator.workspace.serving.upstream import Disconnected, UpstreamConnection, connect

RESTART_WAIT_S = 15.0
"""How long a request waits for a scoring server that is being restarted, seconds."""

_FIRST_RETRY_S = 0.02
_LAST_RETRY_S = 0.5
_ATTEMPTS = 10


class Unanswered(Exception):
    """There is no answer; the router says so itself.

    Attributes:
        status: HTTP status.
        code: for programs.
        retry_after_s: whole seconds after which it may be asked again; 0 if nothing is known.
    """

    def __init__(self, status: int, code: str, message: str, *, retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s


class Instance:
    """One scoring server.

    Attributes:
        busy: requests that it holds now.
        up: False from the moment it cannot be reached until it can.
        retired: it left the routing table; it gets no further request.
        answered_at: when it gave its last answer, seconds of the loop's clock.
    """

    def __init__(self, socket: str, came_up: Callable[[], None]) -> None:
        self.socket = socket
        self.busy = 0
        self.up = True
        self.retired = False
        self.answered_at = 0.0
        self._idle: list[UpstreamConnection] = []
        self._came_up = came_up
        self._probe: asyncio.Task[None] | None = None

    async def connection(self) -> UpstreamConnection:
        """An idle connection, or a new one.

        Raises:
            OSError: nobody listens.
        """
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
        return await connect(self.socket)

    def give_back(self, connection: UpstreamConnection) -> None:
        """Keep a connection for the next request, if it is still good for one."""
        if connection.usable and not self.retired:
            self._idle.append(connection)
        else:
            connection.close()

    def drop_idle(self) -> None:
        """Use none of the idle connections any more."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    def went_down(self) -> None:
        """Take it out until somebody listens there again."""
        if self.up and not self.retired:
            self.up = False
            self._probe = asyncio.create_task(self._until_up())

    def retire(self) -> None:
        """Send it nothing more. Requests that it holds are finished."""
        self.retired = True
        if self._probe is not None:
            self._probe.cancel()
        self.drop_idle()

    async def _until_up(self) -> None:
        pause = _FIRST_RETRY_S
        while True:
            try:
                self._idle.append(await connect(self.socket))
                break
            except OSError:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LAST_RETRY_S)
        self.up = True
        self._came_up()


class DeploymentPool:
    """Sends requests to the least busy scoring server of a deployment.

    Args:
        route: the deployment as it is now; `update` replaces it.
    """

    def __init__(self, route: DeploymentRoute) -> None:
        self._route = route
        self._instances: list[Instance] = []
        self._leaving: list[Instance] = []
        self._waiting: deque[asyncio.Future[Instance]] = deque()
        self._turn = 0
        self._pace = Pace()
        self.update(route)

    def update(self, route: DeploymentRoute) -> None:
        """Take over a new list of servers and settings. Requests that wait go to the new servers."""
        self._route = route
        known = {instance.socket: instance for instance in self._instances}
        self._instances = [
            known.pop(path) if path in known else Instance(path, self._serve_waiting) for path in route.sockets
        ]
        for instance in known.values():
            instance.retire()
        self._leaving = [i for i in (*self._leaving, *known.values()) if i.busy]
        self._serve_waiting()

    def close(self) -> None:
        """The deployment left the table: requests that it holds are finished, those that wait are told."""
        self.update(DeploymentRoute(self._route.name, ()))
        gone = Unanswered(503, "DeploymentGone", "The deployment was removed while the request waited.")
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(gone)

    @property
    def busy(self) -> dict[str, int]:
        """Socket to number of requests at hand, for servers in the table and servers on their way out."""
        return {i.socket: i.busy for i in (*self._instances, *self._leaving)}

    @property
    def waiting(self) -> int:
        """Requests that no server has taken yet."""
        return len(self._waiting)

    @property
    def down(self) -> tuple[str, ...]:
        """Sockets of servers that cannot be reached."""
        return tuple(i.socket for i in self._instances if not i.up)

    async def send(self, payload: Payload) -> Reply:
        """Have a request answered within the deployment's time-out, in which waiting counts.

        A request that could not be answered in time, by the pace of the answers before it, is refused at once: taken in, it would cost
        another one its place.

        A server that cannot be reached is passed over; while none can, the request waits for one. A request is sent a second time only
        if the server had not read it, or if it went out on a connection that had been idle and was closed without a byte of answer.

        Raises:
            Unanswered: too many requests are ahead, no server came back in time, or it took too long or broke off.
        """
        clock = asyncio.get_running_loop().time
        self._admit()
        deadline = clock() + self._route.timeout_s
        for _ in range(_ATTEMPTS):
            instance = self._pick()
            if instance is None:
                up = any(instance.up for instance in self._instances)
                instance = await self._wait_for_instance(deadline - clock() if up else RESTART_WAIT_S)
                deadline = deadline if up else clock() + self._route.timeout_s
            try:
                reply = await self._exchange(instance, payload, deadline)
            finally:
                instance.busy -= 1
                self._after(instance)
            if reply is not None:
                return reply
        raise Unanswered(503, "NoServer", "The scoring servers of this deployment keep going away.")

    def _admit(self) -> None:
        """Refuse a request that the requests ahead of it leave no time for."""
        servers = [instance for instance in self._instances if instance.up]
        ahead = sum(instance.busy for instance in servers) + len(self._waiting)
        if ahead < len(servers) or not servers:
            return
        wait = self._pace.wait(ahead, len(servers))
        if wait > self._route.timeout_s:
            raise self._too_many(wait)

    def _too_many(self, wait_s: float) -> Unanswered:
        return Unanswered(
            429,
            "TooManyRequests",
            "This deployment has more requests than it can answer in time; send fewer at once.",
            retry_after_s=max(1, round(wait_s - self._route.timeout_s)),
        )

    async def _exchange(self, instance: Instance, payload: Payload, deadline: float) -> Reply | None:
        """The answer, or None if the server cannot be reached."""
        clock = asyncio.get_running_loop().time
        for _ in range(2):
            try:
                connection = await instance.connection()
            except OSError:
                instance.went_down()
                return None
            reused = connection.used
            try:
                began = clock()
                async with asyncio.timeout_at(deadline):
                    reply = await connection.send(payload if isinstance(payload, bytes) else payload())
            except Disconnected as error:
                if not (error.silent and (error.unread or reused)):
                    break
                if not reused:
                    instance.went_down()
                    return None
                instance.drop_idle()
            except TimeoutError:
                connection.close()
                raise Unanswered(
                    408, "RequestTimeout", f"The model did not answer within {self._route.timeout_s:g} s."
                ) from None
            except BaseException:
                connection.close()
                raise
            else:
                instance.give_back(connection)
                now = clock()
                self._pace.answered(began, instance.answered_at, now)
                instance.answered_at = now
                return reply
        raise Unanswered(502, "ServerFailed", "The scoring server ended while it worked on the request.")

    def _pick(self) -> Instance | None:
        return None if self._waiting else self._free()

    def _free(self) -> Instance | None:
        best: Instance | None = None
        count = len(self._instances)
        self._turn = (self._turn + 1) % count if count > 1 else 0
        for number in range(count):
            instance = self._instances[(self._turn + number) % count]
            if instance.up and instance.busy < self._route.concurrency and (best is None or instance.busy < best.busy):
                best = instance
        if best is not None:
            best.busy += 1
        return best

    async def _wait_for_instance(self, seconds: float) -> Instance:
        if not self._instances:
            raise Unanswered(503, "NoServer", "This deployment has no scoring server.")
        if len(self._waiting) >= self._route.queue * max(1, len(self._instances)):
            raise self._too_many(self._route.timeout_s)
        waiter: asyncio.Future[Instance] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(seconds):
                return await waiter
        except BaseException as error:
            self._give_up(waiter)
            if not isinstance(error, TimeoutError):
                raise
        if any(instance.up for instance in self._instances):
            raise self._too_many(self._route.timeout_s)
        raise Unanswered(503, "NoServer", "No scoring server of this deployment can be reached.")

    def _give_up(self, waiter: asyncio.Future[Instance]) -> None:
        if waiter in self._waiting:
            self._waiting.remove(waiter)
        elif waiter.done() and not waiter.cancelled() and waiter.exception() is None:
            waiter.result().busy -= 1
            self._serve_waiting()

    def _after(self, instance: Instance) -> None:
        if instance.retired and not instance.busy and instance in self._leaving:
            self._leaving.remove(instance)
        if self._waiting:
            self._serve_waiting()

    def _serve_waiting(self) -> None:
        while self._waiting:
            if self._waiting[0].done():
                self._waiting.popleft()
                continue
            instance = self._free()
            if instance is None:
                return
            self._waiting.popleft().set_result(instance)
