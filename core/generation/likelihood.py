"""How probable a float32 model finds texts, whichever engine wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.generation.chats import chat_token_ids
from core.generation.engine import Chat
from core.generation.transformers_loading import load_model

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class ScoredText:
    """A text in the model's own tokens."""

    token_ids: tuple[int, ...]
    mean_log_probability: float  # natural logarithm, mean over the tokens, each given the prompt and those before it


class LikelihoodScorer:
    """Scores with transformers in float32, the reference that all engines are compared with."""

    def __init__(self, folder: Path, device: str) -> None:
        """Load the model. Raises ModelError when it cannot be used."""
        self._loaded = load_model(folder, "float32", device)

    def score(self, chat: Chat, texts: Sequence[str]) -> list[ScoredText]:
        """Score several answers to one chat. The chat itself is computed once."""
        import torch

        prompt = chat_token_ids(self._loaded.tokenizer, chat)
        answers = [self._loaded.tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
        with torch.inference_mode():
            return [
                ScoredText(tuple(ids), value) for ids, value in zip(answers, self._means(prompt, answers), strict=True)
            ]

    def _means(self, prompt: list[int], answers: Sequence[list[int]]) -> list[float]:
        """Answers are padded at their ends, where nothing that counts can look at the padding."""
        import torch

        width = max((len(ids) for ids in answers), default=0)
        if not width:
            return [0.0] * len(answers)
        device = self._loaded.model.device
        begun = self._loaded.model(torch.tensor([prompt], device=device), use_cache=True)
        begun.past_key_values.batch_repeat_interleave(len(answers))
        padded = torch.tensor([ids + [self._loaded.pad_id] * (width - len(ids)) for ids in answers], device=device)
        logits = self._loaded.model(padded, past_key_values=begun.past_key_values, use_cache=True).logits
        # The prompt's last place foretells the first token, each token's place the next one.
        first = begun.logits[:, -1:].expand(len(answers), -1, -1)
        return _mean_log_probabilities(torch.cat([first, logits[:, :-1]], dim=1), padded, answers)


def _mean_log_probabilities(logits: torch.Tensor, tokens: torch.Tensor, answers: Sequence[Any]) -> list[float]:
    """logits: (texts, width, vocabulary); tokens: (texts, width). An empty answer has a mean of 0."""
    chosen = logits.log_softmax(-1).gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
    return [float(row[: len(ids)].mean()) if ids else 0.0 for row, ids in zip(chosen, answers, strict=True)]
