"""The Weights page while somebody else publishes, saves or imports: what it shows and what its buttons do."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.i18n import Translator
from core.pipeline.application import Application
from core.pipeline.recommendation import list_weight_sets, publish_weights, published_weights, save_weights
from core.pipeline.student_intake import apply_students, preview_students
from core.recommendation.options import ListOptions
from pages.widgets.picking import table_key
from tests.pages_lab import catalog_of, click, open_page, run, shown

TAKEN = b"student_id,department,year,taken courses\nS-1,Mathematics,1,MATH-1;MATH-2\nS-2,Physics,2,PHYS-1;PHYS-2\n"


def publish(app: Application, weights: dict[str, float], name: str = "Theirs", **more: Any) -> None:
    """What another person does at another browser."""
    publish_weights(app, save_weights(app, catalog_of(app), name, weights, author="Lee", **more).weight_set_id)


def show_view(at: AppTest, view: str) -> AppTest:
    at.session_state["weights_view"] = view
    return run(at)


def sliders(at: AppTest) -> dict[str, int]:
    """Those that are not at 0."""
    return {str(each.key).removeprefix("weight_"): each.value for each in at.slider if each.value}


def pick_first_set(app: Application, at: AppTest) -> AppTest:
    """Tick the first row of the saved sets."""
    identities = [each.weight_set_id for each in list_weight_sets(app, catalog_of(app))]
    at.session_state[table_key("weights_sets", identities)] = {"selection": {"rows": [0]}}
    return run(at)


def apply(app: Application, students: bytes) -> None:
    apply_students(app, preview_students(app, students, "s.csv", catalog_id=catalog_of(app)))


def test_sliders_that_nobody_moved_show_what_another_person_published(seeded: Application) -> None:
    at = open_page("weights", seeded)
    publish(seeded, {"department": 0.3, "interest": 0.7}, options=ListOptions(department_cap=4))
    run(at)
    assert sliders(at) == {"department": 30, "interest": 70}
    assert at.number_input(key="options_cap").value == 4


def test_sliders_that_were_moved_stay_and_the_page_says_so(seeded: Application, language: str) -> None:
    sentence = Translator(language)("weights.not_followed")
    at = open_page("weights", seeded, language)
    at.slider(key="weight_interest").set_value(90)
    assert sentence not in shown(run(at))
    publish(seeded, {"interest": 1.0})
    run(at)
    assert sliders(at) == {"department": 70, "interest": 90}
    assert sentence in shown(at)
    click(at, "weights_reset")
    assert sliders(at) == {"interest": 100}
    assert sentence not in shown(at)


def test_the_set_that_was_picked_is_published_though_another_was_saved_meanwhile(seeded: Application) -> None:
    catalog_id = catalog_of(seeded)
    wanted = save_weights(seeded, catalog_id, "Ours", {"level": 1.0}, author="Kim").weight_set_id
    at = pick_first_set(seeded, show_view(open_page("weights", seeded), "saved"))
    save_weights(seeded, catalog_id, "Theirs", {"interest": 1.0}, author="Lee")
    click(at, f"weights_publish_{wanted}")
    assert [each.name for each in list_weight_sets(seeded, catalog_id) if each.is_published] == ["Ours"]


def test_a_saved_set_is_not_published_over_weights_that_its_publisher_has_not_seen(
    seeded: Application, language: str
) -> None:
    catalog_id = catalog_of(seeded)
    wanted = save_weights(seeded, catalog_id, "Ours", {"level": 1.0}, author="Kim").weight_set_id
    at = pick_first_set(seeded, show_view(open_page("weights", seeded, language), "saved"))
    publish(seeded, {"interest": 1.0})
    click(at, f"weights_publish_{wanted}")
    assert Translator(language)("weights.other_in_force") in [each.value.replace("\\", "") for each in at.warning]
    assert [each.name for each in list_weight_sets(seeded, catalog_id) if each.is_published] == ["Theirs"]
    click(at, f"weights_publish_{wanted}")
    assert [each.name for each in list_weight_sets(seeded, catalog_id) if each.is_published] == ["Ours"]


def test_a_saved_set_stays_on_the_sliders_it_is_taken_to(seeded: Application) -> None:
    taken = save_weights(seeded, catalog_of(seeded), "Theirs", {"interest": 1.0}, author="Lee").weight_set_id
    at = pick_first_set(seeded, show_view(open_page("weights", seeded), "saved"))
    click(at, f"weights_to_sliders_{taken}")
    assert sliders(at) == {"interest": 100}


def test_weights_are_not_published_over_others_that_their_publisher_has_not_seen(
    seeded: Application, language: str
) -> None:
    t, catalog_id = Translator(language), catalog_of(seeded)
    at = open_page("weights", seeded, language)
    at.slider(key="weight_interest").set_value(90)
    run(at)
    publish(seeded, {"interest": 1.0})
    at.text_input(key="weights_name").set_value("Ours")
    click(at, "weights_save")
    assert any(t("weights.published_meanwhile") in warning.value.replace("\\", "") for warning in at.warning)
    assert [each.name for each in list_weight_sets(seeded, catalog_id) if each.name] == ["Theirs"]
    at.text_input(key="weights_name").set_value("Ours")
    click(at, "weights_save")
    assert published_weights(seeded, catalog_id)["interest"] == pytest.approx(90 / 160)


def test_evidence_goes_when_other_weights_come_into_force(seeded: Application) -> None:
    apply(seeded, TAKEN)
    at = show_view(open_page("weights", seeded), "evidence")
    click(click(at, "weights_measure"), "weights_suggest")
    assert len(at.dataframe) > 1
    publish(seeded, {"interest": 1.0})
    assert not run(at).dataframe


@pytest.mark.parametrize("choice", ["ladder", "interest"])
@pytest.mark.parametrize("change", ["students", "weights"])
def test_curves_go_when_what_they_were_made_from_changes(seeded: Application, choice: str, change: str) -> None:
    at = show_view(open_page("weights", seeded), "sweeps")
    at.selectbox(key="weights_vary").set_value(choice)
    run(at)
    assert click(at, "weights_run_sweep").dataframe
    if change == "students":
        apply(seeded, TAKEN)
    else:
        publish(seeded, {"interest": 1.0})
    assert not run(at).dataframe


def test_suggestions_go_when_the_options_change_that_they_were_made_with(seeded: Application) -> None:
    at = click(show_view(open_page("weights", seeded), "evidence"), "weights_suggest")
    assert at.dataframe
    at.session_state["options_cap"] = 2
    assert not run(at).dataframe
