"""The float32 reference asked about texts: against the plain computation, on a tiny model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.generation.chats import chat_token_ids
from core.generation.likelihood import LikelihoodScorer

CHAT = ({"role": "user", "content": "title course optics"},)
TEXTS = ("light of the course", "of", "", "the light of optics")


def test_scores_are_those_of_each_text_computed_alone(tmp_path: Path, make_model: Callable[..., Path]) -> None:
    import torch

    scorer = LikelihoodScorer(make_model(tmp_path / "tiny"), "cpu")
    scored = scorer.score(CHAT, TEXTS)
    model, tokenizer = scorer._loaded.model, scorer._loaded.tokenizer
    prompt = chat_token_ids(tokenizer, CHAT)
    for text, found in zip(TEXTS, scored, strict=True):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert list(found.token_ids) == ids
        if not ids:
            assert found.mean_log_probability == 0
            continue
        with torch.inference_mode():
            rows = model(torch.tensor([prompt + ids])).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
        expected = rows[torch.arange(len(ids)), torch.tensor(ids)].mean()
        assert found.mean_log_probability == pytest.approx(float(expected), abs=1e-4)
