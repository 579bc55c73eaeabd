"""Tiny models for tests about loading and exporting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

TEMPLATE = "{% for message in messages %}{{ message['content'] }} {% endfor %}"
WORDS = ["<end>", "<unk>", "title", "course", "optics", "the", "of", "light"]


def _make_model(folder: Path, family: str = "llama", template: str | None = TEMPLATE) -> Path:
    """A tiny model with random weights and a tokenizer of eight words."""
    from tokenizers import Tokenizer, pre_tokenizers
    from tokenizers.models import WordLevel
    from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

    config = AutoConfig.for_model(
        family, vocab_size=len(WORDS), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, head_dim=8, max_position_embeddings=64, eos_token_id=0,
        bos_token_id=None, pad_token_id=0,
    )  # fmt: skip
    AutoModelForCausalLM.from_config(config).save_pretrained(str(folder))
    tokenizer = Tokenizer(WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", unk_token="<unk>")
    fast.chat_template = template
    fast.save_pretrained(str(folder))
    return folder


@pytest.fixture
def make_model() -> Callable[..., Path]:
    """Makes a tiny model: (folder, family="llama", template=...)."""
    return _make_model
