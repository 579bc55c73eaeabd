from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.access.actor import Actor, acting_as
from core.access.roles import Role
from core.errors import AccessError, CourseLiftError, StorageError
from core.pipeline import releases, review
from core.pipeline.application import Application
from core.pipeline.course_editing import edit_course
from core.pipeline.embedding import catalog_texts
from core.pipeline.population import load
from core.pipeline.settings import Settings, change_settings
from core.pipeline.status import overview
from core.recommendation.citations import Author
from core.records import Enhancement

Write = Callable[..., Enhancement]
TEXT = "Limits, derivatives and integrals explained from the beginning."


def texts_of(app: Application, catalog_id: str) -> str:
    return "\n".join(text for text, _ in catalog_texts(app, catalog_id).texts.values())


def measured(app: Application, catalog_id: str, verdict: str, gain: float) -> None:
    """A stored measurement with this verdict, and with a gain over title and department that is certain."""
    interval = {"mean": gain, "low": gain - 0.01, "high": gain + 0.01, "count": 200}
    rows = [
        {
            "group": "all",
            "name": "",
            "text": text,
            "reciprocal_rank": interval,
            "recall": interval,
            "difference": None,
            "verdict": None,
        }
        for text in ("title_department", "generated")
    ]
    about: dict[str, Any] = {"catalog_id": catalog_id, "verdict": verdict, "strongest": "title_department"}
    about |= {"difference": interval, "gain": interval, "courses": 200, "model": "m", "prompt_version": "v1"}
    app.measurements.save_run("lift", rows, about)


@pytest.fixture
def approved(app: Application, catalog_id: str, write: Write) -> str:
    """The catalog with one approved and one edited text."""
    review.approve(app, [write("MA2", TEXT).enhancement_id], by="kim")
    review.edit(app, write("PH1").enhancement_id, "Light by hand.", by="kim")
    return catalog_id


def test_an_approved_text_reaches_embeddings_only_by_publishing(app: Application, approved: str) -> None:
    assert TEXT not in texts_of(app, approved)
    assert releases.unpublished(app, approved) == 2
    release = releases.publish(app, approved, by="kim", name="autumn", note="first try")
    assert (release.text_count, release.note, release.embeds_generated) == (2, "first try", True)
    assert TEXT in texts_of(app, approved)
    loaded = load(app, approved)
    assert (loaded.release_id, loaded.texts["MA2"].author) == (release.release_id, Author.MODEL)
    assert loaded.texts["PH1"].author is Author.EDITED
    assert releases.unpublished(app, approved) == 0


def test_what_is_decided_after_publishing_waits_for_the_next_release(app: Application, approved: str) -> None:
    releases.publish(app, approved, by="kim")
    newest = app.enhancements.latest(approved)["MA2"]
    review.reject(app, [newest.enhancement_id], by="kim", reason="wrong")
    assert TEXT in texts_of(app, approved)
    plan = releases.plan_release(app, approved)
    assert (plan.added, plan.changed, plan.removed) == (0, 0, 1)
    assert "pipeline.next.withdraw" in next_steps(app, approved)
    releases.publish(app, approved, by="kim")
    assert TEXT not in texts_of(app, approved)
    assert "pipeline.next.withdraw" not in next_steps(app, approved)


def test_a_text_in_use_whose_course_has_changed_is_named(app: Application, approved: str) -> None:
    releases.publish(app, approved, by="kim")
    edit_course(app, app.catalogs.course(approved, "MA2"), {"description": "What it is really about."}, by="kim")
    assert releases.withdrawn(app, approved) == 1


def next_steps(app: Application, catalog_id: str) -> set[str]:
    return {step.message.key for step in overview(app, catalog_id).next_steps}


def test_publishing_an_earlier_release_again_brings_its_texts_back(app: Application, approved: str) -> None:
    first = releases.publish(app, approved, by="kim")
    before = catalog_texts(app, approved).courses
    review.edit(app, app.enhancements.latest(approved)["MA2"].enhancement_id, "Quite another text.", by="kim")
    second = releases.publish(app, approved, by="kim")
    assert first.name != second.name  # proposed names do not collide
    assert catalog_texts(app, approved).courses != before
    assert releases.publish_again(app, first.release_id, by="lee").is_current
    assert catalog_texts(app, approved).courses == before


@pytest.mark.parametrize(("gain", "expected"), [(None, True), (0.1, True), (0.0, False), (-0.1, False)])
def test_what_a_release_would_embed_is_known_before_it_is_made(
    app: Application, approved: str, gain: float | None, expected: bool
) -> None:
    if gain is not None:
        measured(app, approved, "no_difference", gain)
    assert releases.embeds_generated(app, approved) is expected
    assert releases.publish(app, approved, by="kim").embeds_generated is expected


def test_texts_that_harm_are_published_only_with_a_confirmation(app: Application, approved: str) -> None:
    measured(app, approved, "harms", -0.1)
    with pytest.raises(CourseLiftError, match="harm"):
        releases.publish(app, approved, by="kim")
    assert releases.publish_first(app, approved, by="kim") is None
    assert releases.list_releases(app, approved) == ()
    release = releases.publish(app, approved, by="kim", despite_verdict=True)
    assert release.embeds_generated
    assert release.lift["verdict"] == "harms"


def test_a_release_that_stood_on_harm_comes_back_only_with_a_confirmation(app: Application, approved: str) -> None:
    measured(app, approved, "harms", -0.1)
    risky = releases.publish(app, approved, by="kim", name="risky", despite_verdict=True)
    measured(app, approved, "helps", 0.1)
    review.edit(app, app.enhancements.latest(approved)["MA2"].enhancement_id, "Quite another text.", by="kim")
    releases.publish(app, approved, by="kim")
    with pytest.raises(CourseLiftError, match="risky stood on a measurement that spoke against it: with 200 courses"):
        releases.publish_again(app, risky.release_id, by="lee")
    assert releases.publish_again(app, risky.release_id, by="lee", despite_verdict=True).is_current


def test_a_release_that_was_not_measured_is_judged_by_the_newest_measurement(app: Application, approved: str) -> None:
    first = releases.publish(app, approved, by="kim")
    assert releases.harm_of(app, first) is None
    measured(app, approved, "harms", -0.1)
    assert releases.harm_of(app, first) is not None
    measured(app, approved, "no_difference", 0.0)
    assert releases.harm_of(app, first) is None


def test_texts_that_gain_nothing_are_not_embedded_but_what_a_person_wrote_is(app: Application, approved: str) -> None:
    measured(app, approved, "no_difference", 0.0)
    assert not releases.publish(app, approved, by="kim").embeds_generated
    assert TEXT not in texts_of(app, approved)
    assert "Light by hand." in texts_of(app, approved)
    measured(app, approved, "helps", 0.05)
    assert releases.publish(app, approved, by="kim", name="after measuring").embeds_generated
    assert TEXT in texts_of(app, approved)


def test_texts_of_another_prompt_than_was_measured_are_counted(app: Application, approved: str, write: Write) -> None:
    measured(app, approved, "helps", 0.05)
    assert releases.plan_release(app, approved).other_makers == 0
    runs = app.measurements.list("lift")
    about = {**runs[0].machine, "prompt_version": "v2"}
    app.measurements.save_run("lift", runs[0].rows, about)
    assert releases.plan_release(app, approved).other_makers == 2


def test_the_first_release_comes_with_the_first_vectors_and_has_a_name(app: Application, approved: str) -> None:
    release = releases.publish_first(app, approved, by="kim")
    assert release is not None and release.name
    assert releases.publish_first(app, approved, by="kim") is None


def test_nothing_is_published_before_anything_is_approved(app: Application, catalog_id: str, write: Write) -> None:
    write("MA2")
    with pytest.raises(CourseLiftError, match="approved"):
        releases.publish(app, catalog_id, by="kim")
    assert not releases.first_is_due(releases.plan_release(app, catalog_id))


def test_a_reviewer_may_approve_but_not_publish(app: Application, approved: str) -> None:
    with acting_as(Actor("lee", Role.REVIEWER, is_signed_in=True)):
        assert not releases.first_is_due(releases.plan_release(app, approved))
        with pytest.raises(AccessError):
            releases.publish(app, approved, by="lee")


def test_a_name_is_used_once(app: Application, approved: str) -> None:
    releases.publish(app, approved, by="kim", name="autumn")
    with pytest.raises(StorageError, match="autumn"):
        releases.publish(app, approved, by="kim", name=" autumn ")


def test_the_overview_says_that_texts_wait_to_be_published(app: Application, approved: str) -> None:
    change_settings(app, Settings(embedding_model="fake:"))
    assert "pipeline.next.publish" in {step.message.key for step in overview(app, approved).next_steps}
    releases.publish(app, approved, by="kim")
    assert "pipeline.next.publish" not in {step.message.key for step in overview(app, approved).next_steps}
