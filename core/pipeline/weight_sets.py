"""Weight sets: kept with author and note, published, rolled back by publishing an older one."""

from __future__ import annotations

from collections.abc import Mapping

from core.access.actor import author as signed_by
from core.access.actor import requires
from core.access.roles import Permission
from core.catalog.text import visible_line
from core.errors import RecommendationError
from core.pipeline.application import Application
from core.recommendation.blend import Weights
from core.recommendation.options import DEFAULT_OPTIONS, ListOptions
from core.records import WeightSet

UNNAMED = ""  # sets that were made without a name are called by their weights, in the language of the reader
DEFAULT_WEIGHTS: Mapping[str, float] = {"department": 0.7, "interest": 0.3}


def list_weight_sets(app: Application, catalog_id: str) -> tuple[WeightSet, ...]:
    """All weight sets of a catalog, newest first."""
    return tuple(app.weights.list(catalog_id))


def in_force(app: Application, catalog_id: str) -> tuple[Mapping[str, float], ListOptions]:
    """The weights in force and how lists are made beside them: the published set's, or the defaults."""
    published = app.weights.published(catalog_id)
    if published is None:
        return DEFAULT_WEIGHTS, DEFAULT_OPTIONS
    return published.weights, ListOptions.from_mapping(published.options)


def published_weights(app: Application, catalog_id: str) -> Mapping[str, float]:
    """The weights in force."""
    return in_force(app, catalog_id)[0]


def published_options(app: Application, catalog_id: str) -> ListOptions:
    """How lists are made beside the weights in force."""
    return in_force(app, catalog_id)[1]


@requires(Permission.SAVE_WEIGHTS)
def save_weights(
    app: Application,
    catalog_id: str,
    name: str,
    weights: Mapping[str, float],
    *,
    author: str,
    note: str = "",
    expected_version: int | None = None,
    options: ListOptions = DEFAULT_OPTIONS,
) -> WeightSet:
    """Store a named weight set as its next version.

    Raises RecommendationError for weights that cannot be used, StorageError when someone else saved meanwhile.
    """
    checked = Weights.from_mapping(weights).as_mapping()
    name = visible_line(name)
    if not name:
        raise RecommendationError("pipeline.error.no_name")
    if expected_version is None:
        newest = app.weights.newest(catalog_id, name)
        expected_version = 0 if newest is None else newest.version
    by = signed_by(author)
    return app.weights.save(catalog_id, name, checked, by, visible_line(note), expected_version, options.as_mapping())


@requires(Permission.PUBLISH)
def publish_weights(app: Application, weight_set_id: str) -> WeightSet:
    """Make a weight set the one in force; publishing an older one rolls back."""
    app.weights.publish(weight_set_id)
    return app.weights.get(weight_set_id)


def weight_set_for(app: Application, catalog_id: str, weights: Mapping[str, float] | None) -> WeightSet:
    """The stored set with these weights, made when there is none; the published one (or the default) for None."""
    published = app.weights.published(catalog_id)
    if weights is None and published is not None:
        return published
    wanted = Weights.from_mapping(weights or DEFAULT_WEIGHTS).as_mapping()
    stored = app.weights.list(catalog_id)
    known = next((each for each in stored if each.weights == wanted and not each.options), None)
    if known is None:
        newest = app.weights.newest(catalog_id, UNNAMED)
        known = app.weights.save(catalog_id, UNNAMED, wanted, expected_version=newest.version if newest else 0)
    return publish_weights(app, known.weight_set_id) if weights is None else known
