"""How many operations texts need of a Llama-like decoder, whoever computes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_BLOCK = 32  # tokens by which shared beginnings are found, as in the prefix caches of engines


@dataclass(frozen=True, slots=True)
class Shape:
    """What the arithmetic depends on."""

    layers: int
    body: int  # weights that every token passes: attention and feed-forward of all layers
    head: int  # weights of the vocabulary's matrix: only tokens after which one is chosen pass it
    attention_width: int  # query heads x size of a head

    @classmethod
    def of(cls, config: Path) -> Shape:
        """The shape that a model's config.json describes."""
        values = json.loads(config.read_text(encoding="utf-8"))
        hidden, heads = values["hidden_size"], values["num_attention_heads"]
        size = values.get("head_dim") or hidden // heads
        attention = hidden * size * (2 * heads + 2 * values["num_key_value_heads"])
        body = values["num_hidden_layers"] * (attention + 3 * hidden * values["intermediate_size"])
        return cls(values["num_hidden_layers"], body, hidden * values["vocab_size"], heads * size)


def needed_operations(shape: Shape, prompts: Sequence[Sequence[int]], new_tokens: int) -> float:
    """Operations for all prompts and `new_tokens` in sum: 2 a weight, and 4 a position, layer and unit of attention.

    Whole blocks with which another prompt began before are counted once. The last new token of a text is not read.
    """
    each = new_tokens / len(prompts)
    seen: set[tuple[int, ...]] = set()
    read = attended = 0.0
    for prompt in prompts:
        known = 0
        for end in range(_BLOCK, len(prompt), _BLOCK):
            beginning = tuple(prompt[:end])
            if beginning in seen:
                known = end
            seen.add(beginning)
        last = len(prompt) + each - 1
        read += last - known
        attended += (last**2 - known**2) / 2  # each token looks at all before it
    return 2 * (shape.body * read + shape.head * new_tokens) + 4 * shape.layers * shape.attention_width * attended
