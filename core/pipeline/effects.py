"""What approving drafts would do to the students' lists, known before it is done.

A draft has a vector of its own, kept like all vectors by the hash of its text. Lists read the texts of the release in
use only, so nothing of a draft reaches a student. Effects are against the lists in force, for the texts as they would
stand in the next release.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.access.actor import requires
from core.access.roles import Permission
from core.config import DEFAULT_TOP_K
from core.embedding.texts import course_text, text_hash
from core.evaluation.population import count_exposure
from core.pipeline.application import Application
from core.pipeline.embedding import PASSAGE, plan_embedding, start_embedding
from core.pipeline.population import Loaded, load, readiness
from core.pipeline.recommendation import CourseShift, LiveRanking, rank_in_force
from core.pipeline.review import QueueItem
from core.pipeline.settings import read_settings
from core.recommendation.arrays import Bools, Floats, Ints
from core.recommendation.blend import Weights
from core.recommendation.options import rank_lists
from core.recommendation.text_effects import lists_changed, moves_of, with_vectors
from core.records import Job, Message

MAX_SHIFTS = 5  # courses that gain or lose most
_KEPT = 200  # effects kept in memory
_VECTORS = "pipeline.missing.vectors"


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the texts of a queue reach."""

    lists: Mapping[str, int]  # enhancement id -> students whose list the course would enter or leave
    missing: int  # texts without a vector, released ones included: `start_draft_vectors` makes them
    obstacle: Message | None  # what else has to be there first, for example students


@dataclass(frozen=True, slots=True)
class Effect:
    """What approving some texts would do to all lists."""

    students: int
    changed: int  # students whose list would hold another set of courses
    enters: int  # places in lists that these courses would take
    leaves: int  # places in lists that these courses would lose
    gains: tuple[CourseShift, ...]  # courses that come into most lists, these among them
    losses: tuple[CourseShift, ...]  # courses that lose most
    unknown: int  # texts without a vector, left out


def reach_of(app: Application, catalog_id: str, items: Sequence[QueueItem]) -> Reach:
    """How many students' lists each text can touch alone, by its score; texts that are known are not ranked again."""
    hashes = {item.enhancement.enhancement_id: _text(item)[0] for item in items}
    vectors = app.embeddings.get(read_settings(app).embedding_model, set(hashes.values()))
    state = readiness(app, catalog_id)
    obstacle = next((each for each in state.missing if each.key != _VECTORS), None)
    missing = len(set(hashes.values()) - vectors.keys())
    if not state.is_ready:
        return Reach({}, missing + (0 if obstacle else plan_embedding(app, catalog_id).missing), obstacle)
    loaded, in_force = load(app, catalog_id), rank_in_force(app, catalog_id)
    known: dict[str, int] = app.cached(f"reach {catalog_id}", (loaded, in_force), dict)
    places = _places(loaded)
    new = {
        each: (places[item.course.course_key], vectors[each])
        for item in items
        if (each := hashes[item.enhancement.enhancement_id]) in vectors.keys() - known.keys()
        and item.course.course_key in places
    }
    if new:
        known.update(zip(new, _measure_reach(loaded, in_force, list(new.values())), strict=True))
    return Reach({name: known[each] for name, each in hashes.items() if each in known}, missing, None)


def effect_of(app: Application, catalog_id: str, items: Sequence[QueueItem]) -> Effect | None:
    """What approving these texts together would do, all students ranked anew; None while lists cannot be made.

    Takes about half a second for 5,000 students and 2,700 courses, and no time for what was asked before.
    """
    if not readiness(app, catalog_id).is_ready:
        return None
    hashes = {item.course.course_key: _text(item)[0] for item in items}
    vectors = app.embeddings.get(read_settings(app).embedding_model, set(hashes.values()))
    loaded, in_force = load(app, catalog_id), rank_in_force(app, catalog_id)
    places = _places(loaded)
    new = {places[key]: vectors[each] for key, each in hashes.items() if each in vectors and key in places}
    known: dict[frozenset[tuple[str, str]], Effect] = app.cached(f"effects {catalog_id}", (loaded, in_force), dict)
    asked = frozenset(hashes.items()) | {("", str(len(new)))}
    if asked not in known:
        if len(known) >= _KEPT:
            known.clear()
        known[asked] = _measure_effect(loaded, in_force, new, len(items) - len(new))
    return known[asked]


@requires(Permission.REVIEW)
def start_draft_vectors(app: Application, catalog_id: str, items: Sequence[QueueItem]) -> Job | None:
    """Make the vectors that effects need, in the background; None when all are there.

    Raises ModelError when the embedding model is not installed.
    """
    return start_embedding(app, catalog_id, {each: (text, PASSAGE) for each, text in map(_text, items)})


def _text(item: QueueItem) -> tuple[str, str]:
    """The text that would stand for the course, with its hash."""
    text = course_text(item.course, item.enhancement.published_text)
    return text_hash(text, PASSAGE), text


def _places(loaded: Loaded) -> dict[str, int]:
    return {course.course_key: place for place, course in enumerate(loaded.prepared.population.courses)}


def _measure_reach(loaded: Loaded, in_force: LiveRanking, new: Sequence[tuple[int, Floats]]) -> list[int]:
    weights = Weights.from_mapping(in_force.weights)
    after = with_vectors(loaded.prepared, dict(new))
    courses: Ints = np.array([place for place, _ in new], np.int32)
    moves = moves_of(loaded.prepared, after, courses, weights, in_force.top_k, in_force.options)
    return [int(count) for count in moves.enters + moves.leaves]


def _measure_effect(loaded: Loaded, in_force: LiveRanking, new: Mapping[int, Floats], unknown: int) -> Effect:
    weights = Weights.from_mapping(in_force.weights)
    after = rank_lists(with_vectors(loaded.prepared, new), weights, DEFAULT_TOP_K, in_force.options)
    before = in_force.lists
    courses = loaded.prepared.population.courses
    old, now = (count_exposure(each.course_index, len(courses)).tolist() for each in (before, after))
    shifts = sorted(
        (
            CourseShift(course.course_key, course.title, course.department, lists_then, lists_now)
            for course, lists_then, lists_now in zip(courses, old, now, strict=True)
            if lists_then != lists_now
        ),
        key=lambda shift: shift.before - shift.after,
    )
    moved = [_moves(before.course_index == place, after.course_index == place) for place in new]
    return Effect(
        students=len(before.course_index),
        changed=int(lists_changed(before, after).sum()),
        enters=sum(enters for enters, _ in moved),
        leaves=sum(leaves for _, leaves in moved),
        gains=tuple(shift for shift in shifts if shift.after > shift.before)[:MAX_SHIFTS],
        losses=tuple(shift for shift in reversed(shifts) if shift.after < shift.before)[:MAX_SHIFTS],
        unknown=unknown,
    )


def _moves(before: Bools, after: Bools) -> tuple[int, int]:
    """In how many lists a course is new, and out of how many it is gone."""
    was_in, is_in = before.any(axis=1), after.any(axis=1)
    return int((is_in & ~was_in).sum()), int((was_in & ~is_in).sum())
