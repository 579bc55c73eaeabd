"""One course written again with other settings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.pipeline.application import Application
from core.pipeline.rewriting import LARGEST_SEED, first_settings


@pytest.mark.parametrize("seed", [0, LARGEST_SEED, LARGEST_SEED + 7919, -5])
def test_another_seed_is_offered_that_a_person_could_give(app: Application, catalog_id: str, write, seed: int) -> None:
    draft = write("PH1")
    present = replace(draft, provenance=replace(draft.provenance, seed=seed))
    offered = first_settings(app, app.catalogs.course(catalog_id, "PH1"), present).seed
    assert offered != seed
    assert 0 <= offered <= LARGEST_SEED
