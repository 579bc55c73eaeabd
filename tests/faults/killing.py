"""One seeded run: an app and its worker are killed at random moments and at named steps until the job has ended."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.target import Target, wait_until

RUN_SECONDS = 300.0  # a job that has not ended by then runs for ever
PATIENCE = 5.0  # seconds to wait for a worker to kill, or for an armed step to be reached
VICTIMS = ("worker", "worker", "app", "both")
AGAIN = 0.35  # how often recovery is killed too
RECOVERY_POINTS = ("before-recovery.job", "after-recovery.job", "before-ingest.store", "after-database.commit")
_AT_APP_START = ("recovery.recover", "recovery.job", "journal.cut")
_AT_WORKER_START = ("worker.spawn", "worker.load_spec", "worker.load_model", "journal.lock")
_DIED = "its worker died"
_TROUBLE = re.compile(r"could not be looked after.*?^(\w[\w.]*(?:Error|Exception)[^\n]*)", re.DOTALL | re.MULTILINE)


@dataclass
class Run:
    """What happened in one run."""

    kills: int = 0
    worker_kills: int = 0
    points: Counter[str] = field(default_factory=Counter)  # armed steps that were reached, and killed there
    noticed: list[float] = field(default_factory=list)  # seconds from a worker's death until the app knew
    resumed: list[float] = field(default_factory=list)  # seconds from a death until the next worker's first sign
    status: str = ""
    left: Sequence[str] = ()  # steps that the job ended before
    troubles: list[str] = field(default_factory=list)  # what made the app's watch stumble
    resumes: int = 0  # times that a person would have had to press Resume


class Killer:
    """Deals out the deaths of one run."""

    def __init__(self, target: Target, chance: random.Random) -> None:
        self._target = target
        self._chance = chance
        self.run = Run()
        self.missed: list[str] = []  # armed steps that nobody came to in time

    def at_random(self) -> None:
        """Wait a while, kill worker, app or both."""
        time.sleep(self._chance.uniform(0.0, 0.9))
        victim = self._chance.choice(VICTIMS)
        if self._target.app_has_ended():
            return
        seen = self._target.log().count(_DIED)
        if victim != "worker":
            self._target.kill_app()
            self.run.kills += 1
        pid = self._target.kill_worker(PATIENCE if victim == "worker" else 0.0) if victim != "app" else None
        self._count_worker(pid)
        if victim == "worker":
            self._await_successor(pid, seen, time.monotonic())
            return
        if victim == "both" and self._chance.random() < AGAIN:
            self._target.tear_journals()
        self._start_app_again(pid)

    def at_point(self, point: str) -> None:
        """Arm a step, and see to it that the app gets there."""
        target = self._target
        name = point.partition("-")[2]
        target.arm(point)
        seen = target.log().count(_DIED)
        if name.startswith("resume.") or name == "worker.end":
            target.pause()
        elif name in _AT_APP_START:
            self._restart_both(name)
        elif name in _AT_WORKER_START:
            self._count_worker(target.kill_worker(PATIENCE))
        patience = PATIENCE * (2 if name in _AT_APP_START else 1)
        reached = wait_until(lambda: not (target.points / point).exists() or target.app_has_ended(), patience)
        if target.disarm(point) or not reached:
            self.missed.append(point)
            return
        self.run.points[point] += 1
        self.run.kills += 1
        dead, died = self._dead_process(point)
        if target.app is not None and target.app.pid == dead:
            target.app.wait()
            self._start_app_again(None)
        else:
            self.run.worker_kills += 1
            self._await_successor(dead, seen, died)

    def die_at_start(self, point: str) -> None:
        """The app dies while it starts the job; at the job's end, where that is the step."""
        target = self._target
        target.arm(point)
        if point.endswith("job.end"):
            return
        target.start_app()
        wait_until(target.app_has_ended, 20.0)
        if target.disarm(point):
            target.kill_app()
        else:
            self.run.points[point] += 1
            self.run.kills += 1

    def revive(self) -> None:
        """Start the app again, if it came to a step that had been armed for later."""
        target = self._target
        if target.app is not None and target.app_was_killed():
            self.run.kills += 1
            self.run.points.update(path.stem for path in target.points.glob(f"*.{target.app.pid}"))
            target.start_app()

    def _dead_process(self, point: str) -> tuple[int, float]:
        """The process that died at the step, as it put its id behind the name, and when (monotonic seconds)."""
        newest = max(self._target.points.glob(f"{point}.*"), key=lambda path: path.stat().st_ctime_ns)
        return int(newest.suffix[1:]), time.monotonic() - (time.time() - newest.stat().st_ctime)

    def _restart_both(self, name: str) -> None:
        """Kill app and worker, leave what the step is there for, start the app."""
        target = self._target
        target.kill_app()
        self.run.kills += 1
        self._count_worker(target.kill_worker())
        wait_until(lambda: target.worker() is None, 1.0)
        if name == "journal.cut":
            target.tear_journals()
        elif name == "recovery.recover":
            target.lose_database()
        target.start_app()

    def _start_app_again(self, dead_worker: int | None) -> None:
        """Restart the app; sometimes recovery is killed as well, up to three times."""
        for _ in range(3):
            if self._chance.random() >= AGAIN:
                break
            point = self._chance.choice(RECOVERY_POINTS)
            self._target.arm(point)
            self._target.start_app()
            wait_until(lambda point=point: not (self._target.points / point).exists(), PATIENCE)  # type: ignore[misc]
            if not self._target.disarm(point):
                wait_until(self._target.app_has_ended, 1.0)
                self.run.points[point] += 1
                self.run.kills += 1
            if not self._target.app_was_killed():
                return
        began = time.monotonic()
        self._target.start_app()
        if dead_worker is not None and self._successor(dead_worker):
            self.run.resumed.append(time.monotonic() - began)

    def _await_successor(self, dead: int | None, seen: int, began: float) -> None:
        if dead is None:
            return
        target = self._target
        wait_until(
            lambda: target.log().count(_DIED) > seen or target.worker() not in (None, dead) or target.app_has_ended(),
            PATIENCE * 3,
        )
        if target.log().count(_DIED) > seen:
            self.run.noticed.append(time.monotonic() - began)
        if not target.app_has_ended() and self._successor(dead):
            self.run.resumed.append(time.monotonic() - began)

    def _successor(self, dead: int) -> bool:
        """Wait for the next worker's sign of life; False when the job ended meanwhile."""
        target = self._target
        assert wait_until(lambda: target.worker() not in (None, dead) or target.app_has_ended(), 30.0), "no successor"
        return not target.app_has_ended()

    def _count_worker(self, pid: int | None) -> None:
        self.run.kills += pid is not None
        self.run.worker_kills += pid is not None


def run_with_kills(
    home: Path,
    seed: int,
    kills: int,
    *,
    count: int = 500,
    behaviour: str = "delay=0.02",
    points: Sequence[str] = (),
    batch_size: int | None = None,
) -> Run:
    """Start a job, kill at each of `points` in turn and at random moments until there were `kills`; let it end.

    Points of a job's first moments (`job.*`, `worker.spawn`) are armed before the app starts.
    """
    chance = random.Random(seed)
    target = Target(home, [str(count), behaviour, str(batch_size or chance.choice([1, 4, 8]))])
    killer = Killer(target, chance)
    run, waiting = killer.run, list(points)
    deadline = time.monotonic() + RUN_SECONDS
    try:
        while waiting and waiting[0].partition("-")[2].startswith("job."):
            killer.die_at_start(waiting.pop(0))
        target.start_app()
        while run.kills < kills and not (target.app_has_ended() and not target.app_was_killed()):
            killer.revive()
            if waiting and chance.random() < 0.8:
                killer.at_point(waiting.pop(0))
            else:
                killer.at_random()
        while time.monotonic() < deadline and (not target.app_has_ended() or target.app_was_killed()):
            killer.revive()
            time.sleep(0.05)
        run.status = target.log().strip().splitlines()[-1] if target.app_has_ended() else "running for ever"
        run.left = [*waiting, *killer.missed]
        run.troubles = _TROUBLE.findall(target.log())
        run.resumes = target.log().count("resumed by hand")
    finally:
        if not target.app_has_ended():
            target.kill_app()
        target.kill_worker()
    return run
