"""Encodes with the sentence-transformers library, which is loaded at first use: every model, every device."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.embedding.engine import BatchEncoder, Vectors
from core.embedding.texts import Role
from core.errors import ModelError


class EmbeddingEngine(BatchEncoder):
    """Encodes with a sentence-transformers model folder.

    Text before each input (`query: ` and `passage: ` for e5) comes from the prompts of the model's own folder; a
    model without prompts gets the bare text.
    """

    def __init__(self, folder: Path, precision: str = "float32", device: str = "cpu") -> None:
        """Load the model of `folder`; `precision` is a torch dtype name, `device` a torch device.

        Raises ModelError when the folder is not a model that sentence-transformers can load.
        """
        self._model = load_sentence_transformer(folder, precision, device)
        self.dimension = int(self._model.get_embedding_dimension())

    def _prompt(self, role: Role) -> str:
        return str((self._model.prompts or {}).get(role) or "")

    def _count_tokens(self, texts: Sequence[str], role: Role) -> list[int]:
        if not texts:
            return []
        prompt = self._prompt(role)
        encoded = self._model.tokenizer(
            [prompt + text for text in texts], truncation=True, max_length=self._model.max_seq_length
        )
        return [len(ids) for ids in encoded["input_ids"]]

    def _encode(self, texts: list[str], role: Role) -> Vectors:
        vectors = self._model.encode(texts, prompt=self._prompt(role), batch_size=len(texts), show_progress_bar=False)
        return np.asarray(vectors, np.float32)


def load_sentence_transformer(folder: Path, precision: str, device: str) -> Any:
    """The SentenceTransformer of `folder`. Raises ModelError when it is none, or has weights that can run code."""
    _refuse_pickles(folder)
    import torch
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(
            str(folder),
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"dtype": getattr(torch, precision), "use_safetensors": True},
        )
    except Exception as error:  # the library raises whatever its parts raise
        raise ModelError("recommendation.error.encoder", model=folder.name, reason=str(error)) from error


def _refuse_pickles(folder: Path) -> None:
    """The library reads them where there is nothing else, in the folder and in those of the model's other modules."""
    modules = folder.glob("*/**/pytorch_model.bin")
    in_modules = any(not path.with_name("model.safetensors").is_file() for path in modules)
    if in_modules or (any(folder.glob("*.bin")) and not any(folder.glob("*.safetensors"))):
        raise ModelError("models.no_weights", model=folder.name)
