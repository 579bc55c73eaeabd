"""Vectors of texts, kept once per model and text, so that unchanged text is never embedded again."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from core.errors import StorageError
from core.storage.connection import Database
from core.storage.conversion import insert_columns, now, to_stored_time
from core.storage.journal_batch import Embedding
from core.storage.queries import embeddings as queries

_STORED = np.dtype("<f4")


class EmbeddingStore:
    """Reads and writes embeddings; a model is named by its reference, a text by its hash."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, embeddings: Sequence[Embedding]) -> None:
        """Add vectors; those known already stay. Part of the transaction of a `write()` around it."""
        if not embeddings:
            return
        columns = {
            "model": [embedding.model for embedding in embeddings],
            "text_hash": [embedding.text_hash for embedding in embeddings],
            "vector": [np.asarray(embedding.vector, dtype=_STORED).tobytes() for embedding in embeddings],
            "created_at": [to_stored_time(now())] * len(embeddings),
        }
        with self._database.write() as cursor:
            insert_columns(cursor, queries.PUT, columns)

    def forget(self, text_hashes: Collection[str]) -> int:
        """Delete the vectors of these texts by every model; returns how many."""
        with self._database.write() as cursor:
            return int(cursor.execute(queries.FORGET, [list(text_hashes)]).fetchall()[0][0])

    def get(self, model: str, text_hashes: Collection[str]) -> dict[str, npt.NDArray[np.float32]]:
        """The known vectors by text hash: float32 (dimensions,), as they were put (unit length)."""
        rows = self._database.fetch(queries.GET, [model, list(text_hashes)])
        return {text_hash: np.frombuffer(vector, dtype=_STORED) for text_hash, vector in rows}

    def missing(self, model: str, text_hashes: Collection[str]) -> set[str]:
        """Which of these texts have no vector yet."""
        rows = self._database.fetch(queries.KNOWN, [model, list(text_hashes)])
        return set(text_hashes) - {row[0] for row in rows}

    def matrix(self, model: str, text_hashes: Sequence[str]) -> npt.NDArray[np.float32]:
        """The vectors of `text_hashes` in their order: float32 (n, dimensions).

        Raises StorageError when one is missing.
        """
        found = self.get(model, text_hashes)
        if missing := len(set(text_hashes) - set(found)):
            raise StorageError("storage.missing_embeddings", count=missing, model=model)
        if not text_hashes:
            return np.zeros((0, 0), dtype=np.float32)
        return np.stack([found[text_hash] for text_hash in text_hashes])
