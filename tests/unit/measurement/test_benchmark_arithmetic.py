"""The arithmetic by which benchmarks state a share of the machine's peak."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.arithmetic import Shape, needed_operations

SMOLLM2 = {
    "hidden_size": 576,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "intermediate_size": 1536,
    "vocab_size": 49152,
}
SHAPE = Shape(layers=1, body=100, head=10, attention_width=0)


def test_the_weights_of_a_known_model_are_counted(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(SMOLLM2))
    shape = Shape.of(tmp_path / "config.json")
    assert shape.body + shape.head == pytest.approx(134.5e6, rel=0.001)  # its norms are left out


def test_every_token_passes_the_body_and_every_chosen_one_the_vocabulary() -> None:
    assert needed_operations(SHAPE, [list(range(20))], 5) == 2 * (100 * (20 + 5 - 1) + 10 * 5)


def test_a_shared_beginning_is_counted_once() -> None:
    beginning = list(range(64))
    prompts = [[*beginning, 100], [*beginning, 200]]
    assert needed_operations(SHAPE, prompts, 2) == 2 * (100 * (65 + 1) + 10 * 2)


def test_attention_looks_at_all_that_came_before() -> None:
    shape = Shape(layers=2, body=0, head=0, attention_width=3)
    assert needed_operations(shape, [list(range(10))], 1) == 4 * 2 * 3 * 10**2 / 2
