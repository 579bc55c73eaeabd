"""Publishing to the recommender: turn published texts, departments and interests into vectors."""

from __future__ import annotations

from dataclasses import dataclass

from core.pipeline.application import Application
from core.records import Job


@dataclass(frozen=True, slots=True)
class EmbeddingPlan:
    """Which texts have no vector yet."""

    catalog_id: str
    model_ref: str
    courses: int  # texts of courses to embed
    departments: int
    interests: int
    embedded: int  # texts that already have a vector

    @property
    def missing(self) -> int:
        """All texts to embed."""
        return self.courses + self.departments + self.interests


def plan_embedding(app: Application, catalog_id: str) -> EmbeddingPlan:
    """What is new or changed since the last embedding."""
    raise NotImplementedError


def start_embedding(app: Application, catalog_id: str) -> Job | None:
    """Embed what is missing in the background; None when nothing is.

    Raises ModelError when the embedding model is not installed.
    """
    raise NotImplementedError
