"""Looks for newer revisions between passes and beside them."""

from __future__ import annotations

from functools import partial

from orchestrator.reconcile.loop_context import LoopContext
from orchestrator.reconcile.managed import Fleet, Managed
from orchestrator.reconcile.ports import SourceError


class Polling:
    """Asks sources for their newest revision, beside the loop. A newer one supersedes waiting on the old one."""

    def __init__(self, fleet: Fleet, context: LoopContext) -> None:
        self._fleet = fleet
        self._context = context

    def start_due(self, now: float) -> float | None:
        """Start every poll that is due. Under the fleet's lock.

        Returns:
            The monotonic second of the next one; None if there is none, or all are under way.
        """
        polled = [project for project in self._fleet.projects.values() if _polls(project)]
        for project in polled:
            if not project.polling and project.poll_at <= now:
                project.polling = True
                project.poll_at = next_poll(project, now)
                self._context.workers.start(partial(self._poll, project))
        return min((project.poll_at for project in polled if not project.polling), default=None)

    def _poll(self, project: Managed) -> None:
        before = _seen(project)
        try:
            newest = project.source.fetch().id
        except SourceError:
            newest = ""  # the next pass tells
        except Exception as error:
            newest = ""
            self._context.watch("loop.defect", {"project": project.name, "exc_info": error})
        with self._fleet.lock:
            project.polling = False
            # A pass that fetched meanwhile may have seen more than this poll; then the next one tells.
            if newest and before and newest != before and before == _seen(project):
                project.newest = newest
                self._supersede(project)
        # Without news as well: a round that finds a poll under way does not know when the next one is due.
        self._context.workers.wake()

    def _supersede(self, project: Managed) -> None:
        """What runs ends between two steps, and the next pass follows."""
        if project.control is not None:
            project.control.stop("a newer revision")
        project.cause, project.asked = "new revision", True
        project.due_at = self._context.clock.monotonic()


def _seen(project: Managed) -> str:
    """The revision that the running pass works on, or the newest one that was seen; empty if none was."""
    return (project.control.revision if project.control else "") or project.newest


def next_poll(project: Managed, now: float) -> float:
    """The monotonic second of a project's next poll, if it polls."""
    return now + (project.policy.poll_s or project.policy.interval_s)


def _polls(project: Managed) -> bool:
    """Whether to look for a newer revision between passes, or beside one that is running."""
    return not project.standby and (project.control is not None or project.policy.poll_s is not None)
