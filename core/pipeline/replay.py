"""A student's list as it was stored at some time, with what shows that it is still the same.

Two proofs: the hash over all lists of the run, taken when they were stored, still fits; and where courses, texts,
students and embedding model are what they were, ranking anew with the same weight set gives the same list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from core.errors import RecommendationError, StorageError
from core.pipeline.application import Application
from core.pipeline.population import Loaded, load
from core.pipeline.taken_courses import student_of
from core.recommendation.blend import Weights
from core.recommendation.options import ListOptions, rank_lists
from core.recommendation.ranking import with_students
from core.recommendation.reasons import recommendations_of
from core.records import Course, Message, Recommendation, Release, WeightSet
from core.storage.recommendation_store import RecommendationRun


@dataclass(frozen=True, slots=True)
class ReplayedPlace:
    """One place of a stored list."""

    stored: Recommendation
    course: Course | None  # None: no course has this key, which happens only when the list was altered


@dataclass(frozen=True, slots=True)
class Replay:
    """A stored list and the proofs."""

    run: RecommendationRun
    weight_set: WeightSet
    release: Release | None  # whose texts the list was made from; None before the first one
    places: tuple[ReplayedPlace, ...]
    is_unaltered: bool | None  # the run's lists still have the hash they were stored with; None: stored without one
    changed: tuple[str, ...]  # which of the sources are not what they were
    is_same_now: bool | None  # ranked anew today, the list is the same; None: it could not be ranked

    @property
    def holds(self) -> bool:
        """The list is what it was: nothing contradicts it."""
        return self.is_unaltered is not False and (bool(self.changed) or self.is_same_now is not False)

    @property
    def verdict(self) -> tuple[Message, ...]:
        """The proofs in words."""
        stored = {True: "unaltered", False: "altered", None: "no_hash"}[self.is_unaltered]
        names = {True: "same", False: "differs", None: "not_ranked"}
        now = names[self.is_same_now]
        messages = [Message(f"tuning.replay.{stored}")]
        if self.changed:
            messages += [Message(f"tuning.replay.changed_{name}") for name in self.changed]
            messages.append(Message(f"tuning.replay.{now}_since"))
        else:
            messages.append(Message(f"tuning.replay.{now}"))
        return tuple(messages)


def replay(app: Application, catalog_id: str, student_id: str, at: datetime | None = None) -> Replay:
    """The list that the student had at that time (default: now), from the newest run stored until then.

    Raises RecommendationError when no run is that old.
    """
    run = next((it for it in app.recommendations.runs(catalog_id) if at is None or it.created_at <= at), None)
    if run is None:
        raise RecommendationError("tuning.error.no_run_then")
    stored = app.recommendations.for_student(student_id, run.run_id)
    if not stored:
        raise RecommendationError("tuning.error.no_list_then")
    loaded, weight_set = load(app, catalog_id), app.weights.get(run.weight_set_id)
    return Replay(
        run=run,
        weight_set=weight_set,
        release=app.releases.get(run.release_id) if run.release_id else None,
        places=tuple(ReplayedPlace(each, loaded.courses.get(each.course_key)) for each in stored),
        is_unaltered=app.recommendations.lists_hash(run.run_id) == run.lists_hash if run.lists_hash else None,
        changed=loaded.sources.changed_since(run),
        is_same_now=_is_same_now(app, loaded, run, weight_set, stored),
    )


def _is_same_now(
    app: Application, loaded: Loaded, run: RecommendationRun, weight_set: WeightSet, stored: list[Recommendation]
) -> bool | None:
    """Scores are compared as they are stored, in single precision."""
    try:
        student = student_of(app, run.catalog_id, stored[0].student_id)
    except StorageError:
        return None
    options = ListOptions.from_mapping(weight_set.options)
    alone = with_students(loaded.prepared, [student])
    weights, top_k = Weights.from_mapping(weight_set.weights), options.part_length(run.top_k)
    ranked = recommendations_of(alone, rank_lists(alone, weights, top_k, options), 0)
    return [(it.course_key, it.rank, float(np.float32(it.score))) for it in ranked] == [
        (it.course_key, it.rank, it.score) for it in stored
    ]
