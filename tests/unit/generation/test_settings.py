from __future__ import annotations

from core.generation.engine import GenerationSettings


def test_the_defaults_are_the_reports_save_a_cooler_temperature() -> None:
    settings = GenerationSettings()
    assert (settings.max_new_tokens, settings.temperature, settings.top_p) == (150, 0.3, 0.9)
    assert settings.do_sample
    assert settings.repetition_penalty == 1.1


def test_settings_survive_being_stored() -> None:
    settings = GenerationSettings(max_new_tokens=60, do_sample=False, seed=4)
    assert GenerationSettings.from_mapping(settings.as_dict()) == settings


def test_unknown_and_missing_names_are_no_problem() -> None:
    assert GenerationSettings.from_mapping({"seed": 9, "beams": 4}) == GenerationSettings(seed=9)
