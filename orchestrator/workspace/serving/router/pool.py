"""The scoring servers of one deployment, as the router uses them."""

from __future__ import annotations

import asyncio
from collections import deque

from orchestrator.workspace.serving.router.errand import Deadlines, Errand, Outcome, Unanswered
from orchestrator.workspace.serving.router.instance import Instance
from orchestrator.workspace.serving.router.messages import Reply
from orchestrator.workspace.serving.router.pace import Pace
from orchestrator.workspace.serving.router.upstream import Disconnected, UpstreamConnection
from orchestrator.workspace.serving.table import DeploymentRoute

RESTART_WAIT_S = 15.0
"""How long a request waits for a scoring server that is being restarted, seconds."""

ABANDONED = 599
"""Status under which a request counts whose caller left. Nobody sees it."""

_ATTEMPTS = 10


class DeploymentPool:
    """Sends requests to the least busy scoring server of a deployment.

    Args:
        route: the deployment as it is now; `update` replaces it.
    """

    def __init__(self, route: DeploymentRoute) -> None:
        self._route = route
        self._instances: list[Instance] = []
        self._draining: list[Instance] = []
        self._waiting: deque[Errand] = deque()
        self._connecting: set[asyncio.Task[None]] = set()
        self._turn = 0
        self._pace = Pace()
        self._deadlines = Deadlines(self._expired)
        self._clock = asyncio.get_running_loop().time
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
        self._draining = [i for i in (*self._draining, *known.values()) if i.busy]
        self._serve_waiting()

    def close(self) -> None:
        """The deployment left the table: requests that it holds are finished, those that wait are told."""
        self.update(DeploymentRoute(self._route.name, ()))
        waiting, self._waiting = self._waiting, deque()
        gone = Unanswered(503, "DeploymentGone", "The deployment was removed while the request waited.")
        for errand in waiting:
            self._end(errand, gone)

    @property
    def busy(self) -> dict[str, int]:
        """Socket to number of requests at hand, for servers in the table and servers on their way out."""
        return {i.socket: i.busy for i in (*self._instances, *self._draining)}

    @property
    def waiting(self) -> int:
        """Requests that no server has taken yet."""
        return len(self._waiting)

    @property
    def down(self) -> tuple[str, ...]:
        """Sockets of servers that cannot be reached."""
        return tuple(i.socket for i in self._instances if not i.up)

    def send(self, errand: Errand) -> None:
        """Have a request answered within the deployment's time-out, in which waiting counts.

        A request that could not be answered in time, by the pace of the answers before it, is refused at once: taken in, it would cost
        another one its place.

        A server that cannot be reached is passed over; while none can, the request waits for one. A request is sent a second time only
        if the server had not read it, or if it went out on a connection that had been idle and was closed without a byte of answer.

        Args:
            errand: is told its outcome exactly once and perhaps at once: the answer, or that too many requests are ahead, no server
                came back in time, it took too long or broke off, or the caller left.
        """
        errand.started = now = self._clock()
        errand.deadline = now + self._route.timeout_s
        wait = self._too_long()
        if wait:
            self._end(errand, self._too_many(wait))
            return
        self._deadlines.watch(errand)
        self._attempt(errand)

    def abandon(self, errand: Errand) -> None:
        """The caller has left: nobody wants the answer any more."""
        if not errand.over:
            self._break_off(errand, Unanswered(ABANDONED, "Abandoned", "The caller left."))

    def _too_long(self) -> float:
        """Seconds that a request would wait which the requests ahead leave no time for; 0 for one that may come in."""
        servers = ahead = 0
        for instance in self._instances:
            if instance.up:
                servers += 1
                ahead += instance.busy
        ahead += len(self._waiting)
        if ahead < servers or not servers:
            return 0.0
        wait = self._pace.wait(ahead, servers)
        return wait if wait > self._route.timeout_s else 0.0

    def _too_many(self, wait_s: float) -> Unanswered:
        return Unanswered(
            429,
            "TooManyRequests",
            "This deployment has more requests than it can answer in time; send fewer at once.",
            retry_after_s=max(1, round(wait_s - self._route.timeout_s)),
        )

    def _attempt(self, errand: Errand) -> None:
        """Send it to a server, or let it wait for one."""
        errand.tries += 1
        if errand.tries > _ATTEMPTS:
            self._end(errand, Unanswered(503, "NoServer", "The scoring servers of this deployment keep going away."))
            return
        instance = None if self._waiting else self._free()
        if instance is not None:
            self._take(errand, instance)
        else:
            self._wait(errand)

    def _take(self, errand: Errand, instance: Instance) -> None:
        """A server has room for it; its place is counted already."""
        errand.instance, errand.again = instance, False
        if errand.restarting:
            errand.restarting = False
            errand.deadline = self._clock() + self._route.timeout_s
            self._deadlines.watch(errand)
        self._dispatch(errand, instance)

    def _dispatch(self, errand: Errand, instance: Instance) -> None:
        connection = instance.idle_connection()
        if connection is not None:
            self._put(errand, connection)
            return
        task = asyncio.get_running_loop().create_task(self._connect(errand, instance))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, errand: Errand, instance: Instance) -> None:
        try:
            connection = await instance.new_connection()
        except OSError:
            instance.went_down()
            if not errand.over:
                self._pass_over(errand)
            return
        if errand.over:
            instance.give_back(connection)
        else:
            self._put(errand, connection)

    def _put(self, errand: Errand, connection: UpstreamConnection) -> None:
        payload = errand.payload
        errand.connection, errand.reused, errand.began = connection, connection.used, self._clock()
        connection.send(payload if isinstance(payload, bytes) else payload(), errand, self._answered)

    def _answered(self, errand: Errand, outcome: Reply | Disconnected) -> None:
        instance, connection = errand.instance, errand.connection
        if instance is None or connection is None:
            return  # it was broken off
        if isinstance(outcome, Disconnected):
            self._disconnected(errand, instance, outcome)
            return
        instance.give_back(connection)
        now = self._clock()
        self._pace.answered(errand.began, instance.answered_at, now)
        instance.answered_at = now
        self._release(errand, instance)
        errand.over = True
        self._deadlines.forget(errand)
        errand.on_done(errand, outcome, now)

    def _disconnected(self, errand: Errand, instance: Instance, error: Disconnected) -> None:
        may_repeat = error.silent and (error.unread or errand.reused)
        if may_repeat and not errand.reused:
            instance.went_down()
            self._pass_over(errand)
        elif may_repeat and not errand.again:
            errand.again = True
            instance.drop_idle()
            self._dispatch(errand, instance)
        else:
            self._release(errand, instance)
            message = "The scoring server ended while it worked on the request."
            self._end(errand, Unanswered(502, "ServerFailed", message))

    def _pass_over(self, errand: Errand) -> None:
        """Its server cannot be reached: another one, or the same once it is back."""
        if errand.instance is not None:
            self._release(errand, errand.instance)
        self._attempt(errand)

    def _expired(self, errand: Errand) -> None:
        """Called when its deadline is over."""
        if errand.instance is not None:
            self._break_off(
                errand,
                Unanswered(408, "RequestTimeout", f"The model did not answer within {self._route.timeout_s:g} s."),
            )
        elif any(instance.up for instance in self._instances):
            self._break_off(errand, self._too_many(self._route.timeout_s))
        else:
            self._break_off(errand, Unanswered(503, "NoServer", "No scoring server of this deployment can be reached."))

    def _break_off(self, errand: Errand, outcome: Unanswered) -> None:
        if errand.instance is None:
            self._waiting.remove(errand)
        else:
            if errand.connection is not None:
                errand.connection.close()
            self._release(errand, errand.instance)
        self._end(errand, outcome)

    def _end(self, errand: Errand, outcome: Outcome) -> None:
        errand.over = True
        self._deadlines.forget(errand)
        errand.on_done(errand, outcome, self._clock())

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

    def _wait(self, errand: Errand) -> None:
        if not self._instances:
            self._end(errand, Unanswered(503, "NoServer", "This deployment has no scoring server."))
            return
        if len(self._waiting) >= self._route.queue * len(self._instances):
            self._end(errand, self._too_many(self._route.timeout_s))
            return
        errand.restarting = not any(instance.up for instance in self._instances)
        if errand.restarting:
            errand.deadline = self._clock() + RESTART_WAIT_S
            self._deadlines.watch(errand)
        self._waiting.append(errand)

    def _release(self, errand: Errand, instance: Instance) -> None:
        """Its place is free."""
        errand.instance = errand.connection = None
        instance.busy -= 1
        if instance.retired and not instance.busy and instance in self._draining:
            self._draining.remove(instance)
        if self._waiting:
            self._serve_waiting()

    def _serve_waiting(self) -> None:
        while self._waiting:
            instance = self._free()
            if instance is None:
                return
            self._take(self._waiting.popleft(), instance)
