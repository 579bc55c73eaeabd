from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.i18n import LANGUAGES, Translator
from core.models.bundled import SMOLLM2
from core.models.languages import can_write
from core.models.manifest import write_manifest


def model(folder: Path, family: str, card: str = "") -> Path:
    (folder / "config.json").write_text(json.dumps({"model_type": family}))
    if card:
        (folder / "README.md").write_text(card, encoding="utf-8")
    return folder


def test_the_embedded_model_writes_english_only(tmp_path: Path) -> None:
    write_manifest(tmp_path, SMOLLM2.origin)
    assert can_write(tmp_path, "en")
    verdict = can_write(tmp_path, "ko")
    assert not verdict
    assert verdict.note is not None
    assert "Korean" in Translator("en").message(verdict.note)
    assert "한국어" in Translator("ko").message(verdict.note)


@pytest.mark.parametrize("family", ["exaone4", "qwen3", "gemma3_text"])
def test_families_known_to_write_korean_may(tmp_path: Path, family: str) -> None:
    verdict = can_write(model(tmp_path, family), "ko")
    assert verdict
    assert verdict.note is None


@pytest.mark.parametrize(
    "listed",
    ["language:\n- en\n- ko\n", "language: [en, ko]\n", "language:\n  - ko\n  - en\nlicense: mit\n", "language: ko\n"],
)
def test_a_model_card_that_names_korean_counts(tmp_path: Path, listed: str) -> None:
    verdict = can_write(model(tmp_path, "llama", f"---\n{listed}tags:\n- chat\n---\n# Card\n"), "ko")
    assert verdict
    assert verdict.note is None


def test_a_model_card_that_names_other_languages_counts(tmp_path: Path) -> None:
    assert not can_write(model(tmp_path, "llama", "---\nlanguage:\n- en\n- de\nlicense: mit\n---\n"), "ko")


def test_a_model_that_says_nothing_may_with_a_note(tmp_path: Path) -> None:
    verdict = can_write(model(tmp_path, "llama", "# Card without front matter\nlanguage: en\n"), "ko")
    assert verdict
    assert verdict.note is not None
    assert all(Translator(language).message(verdict.note) for language in LANGUAGES)


def test_a_gguf_file_says_nothing(tmp_path: Path) -> None:
    assert can_write(tmp_path / "model.gguf", "ko").note is not None


def test_the_fake_engine_writes_everything() -> None:
    assert can_write(Path("fake:"), "ko").note is None
