"""How near texts are to those of the reference, and what makes them too different to use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

# Greedy texts of one model drift apart after a few words once a rounding tips one choice, and stay as good: broken
# precisions differ from the first words on. So a configuration must keep this share of the words on average.
MIN_AGREEMENT = 0.1
# Natural logarithms a token. A text that drifted is about as probable to the reference as its own; one that a broken
# precision wrote is not: shuffled words lose more than 3, a repeated or wrong word in ten about 0.5.
MAX_LOSS = 0.5
_WORDS = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How near one configuration's texts are to the reference's."""

    agreement: float  # mean share of a text's tokens before it first differs, 0 to 1
    identical: float  # share of texts that are the same, 0 to 1
    # Mean log-probability a token by the float32 reference model, minus that of the reference's own texts: below 0
    # when the texts are less probable. None when there is no model to ask.
    log_probability_difference: float | None = None

    @property
    def changes_too_much(self) -> bool:
        """Whether the texts are not those of the model any more."""
        loss = -(self.log_probability_difference or 0.0)
        return self.agreement < MIN_AGREEMENT or loss > MAX_LOSS


def agreement(one: Sequence[object], other: Sequence[object]) -> float:
    """The share of tokens that come before the first difference, of the longer text; 1 for equal texts."""
    longest = max(len(one), len(other))
    pairs = list(zip(one, other, strict=False))
    same = next((place for place, (mine, theirs) in enumerate(pairs) if mine != theirs), len(pairs))
    return same / longest if longest else 1.0


def fidelity_in_words(texts: Sequence[str], expected: Sequence[str]) -> Fidelity:
    """Fidelity by words and signs, without a model."""
    pairs = list(zip(texts, expected, strict=False))
    if not pairs:
        return Fidelity(1.0, 1.0)
    shares = [agreement(_WORDS.findall(text), _WORDS.findall(wanted)) for text, wanted in pairs]
    return Fidelity(fmean(shares), fmean(text == wanted for text, wanted in pairs))
