"""Publishing: approved texts become a named release, and only a release reaches embeddings and recommendations."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from core.access.actor import author, current_actor, requires
from core.access.roles import Permission
from core.catalog.text import visible_line
from core.errors import CourseLiftError
from core.evaluation.lift import LiftVerdict
from core.pipeline.application import Application
from core.pipeline.courses import courses_of
from core.pipeline.lift import LiftView, latest_lift
from core.records import Enhancement, Message, Release, ReleasedText


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """What publishing would do now."""

    catalog_id: str
    name: str  # proposed
    texts: tuple[Enhancement, ...]  # approved or edited, one a course
    added: int  # courses that the release in use has no text for
    changed: int  # courses whose text reads otherwise there
    removed: int  # courses whose text there is not approved any more
    current: Release | None
    lift: LiftView | None  # the newest measurement of the catalog
    other_makers: int  # texts that another model or prompt wrote than was measured

    @property
    def is_news(self) -> bool:
        """Whether it differs from the release in use."""
        return bool(self.added or self.changed or self.removed)

    @property
    def version(self) -> str:
        """SHA-256 over what would be published in place of what: another one once any of it is not as it was."""
        texts = sorted((text.course_key, text.enhancement_id, text.published_text) for text in self.texts)
        in_use = "" if self.current is None else self.current.release_id
        measured = "" if self.lift is None else self.lift.lift_id
        return hashlib.sha256(repr((texts, in_use, measured)).encode()).hexdigest()

    @property
    def speaks_for_generated(self) -> bool:
        """Whether texts that nobody edited are to be embedded: unless they were measured not to gain anything."""
        return _speaks_for_generated(self.lift)

    @property
    def harms(self) -> bool:
        """Whether publishing needs an explicit confirmation."""
        return self.lift is not None and self.lift.verdict is LiftVerdict.HARMS

    @property
    def reason(self) -> Message:
        """Why texts that nobody edited are embedded or not."""
        if self.lift is None:
            return Message("release.embeds.unmeasured")
        gain = self.lift.gain
        figures = {"gain": f"{gain.mean:+.3f}", "low": f"{gain.low:+.3f}", "high": f"{gain.high:+.3f}"}
        name = "harms" if self.harms else "gains" if self.speaks_for_generated else "gains_nothing"
        return Message(f"release.embeds.{name}", {"lift": self.lift.reason, **figures})


def plan_release(app: Application, catalog_id: str) -> ReleasePlan:
    """The approved texts as they are now, beside the release in use."""
    approved, released = approved_texts(app, catalog_id), _released(app, catalog_id)
    lift = latest_lift(app, catalog_id)
    return ReleasePlan(
        catalog_id=catalog_id,
        name=_proposed_name(app, catalog_id),
        texts=tuple(approved.values()),
        added=len(approved.keys() - released.keys()),
        changed=_changed(approved, released),
        removed=len(released.keys() - approved.keys()),
        current=app.releases.current(catalog_id),
        lift=lift,
        other_makers=0 if lift is None else sum(_maker(text) != _measured(lift) for text in approved.values()),
    )


def embeds_generated(app: Application, catalog_id: str) -> bool:
    """Whether a release of today would give lists the texts that nobody edited, without its publisher insisting."""
    return _speaks_for_generated(latest_lift(app, catalog_id))


def unpublished(app: Application, catalog_id: str) -> int:
    """Approved texts that the release in use lacks or has otherwise, of courses that the catalog still has."""
    return len(unpublished_keys(app, catalog_id))


def unpublished_keys(app: Application, catalog_id: str) -> frozenset[str]:
    """The courses of `unpublished` texts."""

    def find() -> frozenset[str]:
        released = {key: text.text for key, text in _released(app, catalog_id).items()}
        approved, present = approved_texts(app, catalog_id), {it.course_key for it in courses_of(app, catalog_id)}
        return frozenset(key for key in present & approved.keys() if approved[key].published_text != released.get(key))

    return app.cached(f"unpublished {catalog_id}", _decided(app), find)


def withdrawn(app: Application, catalog_id: str) -> int:
    """Texts in use that nobody approves any more: rejected since, or their course has changed."""

    def count() -> int:
        dropped = _released(app, catalog_id).keys() - approved_texts(app, catalog_id).keys()
        return sum(course.course_key in dropped for course in app.catalogs.courses(catalog_id)) if dropped else 0

    return app.cached(f"withdrawn {catalog_id}", _decided(app), count)


def approved_texts(app: Application, catalog_id: str) -> Mapping[str, Enhancement]:
    """The approved or edited text of each course, by course key; read once for each decision."""
    return app.cached(f"approved {catalog_id}", _decided(app), lambda: app.enhancements.published(catalog_id))


def _decided(app: Application) -> tuple[int, int]:
    """What approved texts depend on: it differs after every decision and every release."""
    return app.changes, app.enhancements.newest_decision()


@requires(Permission.PUBLISH)
def publish(
    app: Application,
    catalog_id: str,
    *,
    by: str,
    name: str = "",
    note: str = "",
    despite_verdict: bool = False,
    seen: str | None = None,
) -> Release:
    """Make the approved texts the release in use. From now on embeddings and recommendations read it.

    Texts that nobody edited are embedded when they were never measured, or gain something over title and department;
    with `despite_verdict` whatever was measured. Raises CourseLiftError when nothing is approved or in use, when
    the newest measurement says that generated texts harm and `despite_verdict` is not given, or when the plan has
    another version than the `seen` one; StorageError when the name is taken.
    """
    with app.database.write():
        plan = plan_release(app, catalog_id)
        _refuse(plan, despite_verdict, seen)
        release = app.releases.create(
            catalog_id,
            plan.texts,
            name=visible_line(name) or plan.name,
            note=visible_line(note),
            by=author(by),
            embeds_generated=plan.speaks_for_generated or despite_verdict,
            lift={} if plan.lift is None else _lift_values(plan.lift),
        )
    app.mark_changed()
    return release


def _refuse(plan: ReleasePlan, despite_verdict: bool, seen: str | None) -> None:
    if not plan.texts and plan.current is None:
        raise CourseLiftError("release.nothing_approved")
    if seen not in (None, plan.version):
        raise CourseLiftError("release.changed_meanwhile")
    if plan.harms and not despite_verdict:
        raise CourseLiftError("release.harms", lift=plan.reason)


@requires(Permission.PUBLISH)
def publish_again(app: Application, release_id: str, *, by: str, despite_verdict: bool = False) -> Release:
    """Put an earlier release back to use, with its texts as they were.

    Raises StorageError when there is none, CourseLiftError when its texts were measured to harm and `despite_verdict`
    is not given.
    """
    harm = harm_of(app, app.releases.get(release_id))
    if harm is not None and not despite_verdict:
        raise CourseLiftError("release.harms", lift=harm)
    release = app.releases.publish(release_id, author(by))
    app.mark_changed()
    return release


def harm_of(app: Application, release: Release) -> Message | None:
    """What speaks against publishing a release again: the measurement that it stood on, else the newest one."""
    if not release.embeds_generated:
        return None
    if not release.lift:
        newest = latest_lift(app, release.catalog_id)
        return newest.reason if newest is not None and newest.verdict is LiftVerdict.HARMS else None
    if release.lift["verdict"] != LiftVerdict.HARMS:
        return None
    figures = {name: f"{value:+.3f}" for name, value in release.lift["difference"].items() if name != "count"}
    text = Message(f"lift.text.{release.lift['strongest']}")
    about = {"name": release.name, "courses": release.lift["courses"], "text": text}
    return Message("release.harmed", {**about, **figures})


def publish_first(app: Application, catalog_id: str, *, by: str) -> Release | None:
    """The first release of a catalog, with a proposed name; None when it is not the time for one.

    It is the time when texts are approved, none was ever published, and no measurement says that they harm.
    """
    return publish(app, catalog_id, by=by) if first_is_due(plan_release(app, catalog_id)) else None


def first_is_due(plan: ReleasePlan) -> bool:
    """Whether approved texts wait for a first release that needs no confirmation, of someone who may publish."""
    may_publish = current_actor().may(Permission.PUBLISH)
    return plan.current is None and bool(plan.texts) and not plan.harms and may_publish


def list_releases(app: Application, catalog_id: str) -> tuple[Release, ...]:
    """Every release of a catalog, the last published first."""
    return tuple(app.releases.list(catalog_id))


def _speaks_for_generated(lift: LiftView | None) -> bool:
    return lift is None or lift.gain.low > 0


def _released(app: Application, catalog_id: str) -> Mapping[str, ReleasedText]:
    current = app.releases.current(catalog_id)
    return {} if current is None else app.releases.texts(current.release_id)


def _changed(approved: Mapping[str, Enhancement], released: Mapping[str, ReleasedText]) -> int:
    return sum(approved[key].published_text != released[key].text for key in approved.keys() & released.keys())


def _proposed_name(app: Application, catalog_id: str) -> str:
    """Today's date, with a number when the catalog has a release of that name."""
    taken = {release.name for release in app.releases.list(catalog_id)}
    today = f"{datetime.now().astimezone():%Y-%m-%d}"
    names = (today, *(f"{today} ({number})" for number in range(2, len(taken) + 2)))
    return next(name for name in names if name not in taken)


def _maker(text: Enhancement) -> tuple[str, str]:
    return text.provenance.model, text.provenance.prompt_version


def _measured(lift: LiftView) -> tuple[str, str]:
    return lift.about["model"], lift.about["prompt_version"]


def _lift_values(lift: LiftView) -> dict[str, object]:
    return {
        "lift_id": lift.lift_id,
        "made_at": lift.made_at.isoformat(),
        "verdict": lift.verdict.value,
        "strongest": lift.strongest.value,
        "difference": asdict(lift.difference),
        "gain": asdict(lift.gain),
        "courses": lift.about["courses"],
        "model": lift.about["model"],
        "prompt_version": lift.about["prompt_version"],
    }
