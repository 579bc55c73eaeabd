"""Whether generated descriptions help to find a course: its hidden human description searches for it.

Some courses lose their human description; a text stands for them instead, among all other courses as they are. Then
the hidden description is the query, as an interest would be, and the place of its own course gives the reciprocal
rank and whether it is among the first ten. Texts are compared on the same courses, with paired bootstrap intervals.

The other way round, a text searching among human descriptions, says something else: on 250 real courses the same
generated texts lost clearly to the title there, because long texts that begin alike make poor queries. Nothing in the
recommender searches with a course's text, so that is not what is measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from core.evaluation.population import Doubles
from core.evaluation.ranking import Difference, Interval, bootstrap_mean, compare_paired

TOP = 10  # recall@10
MIN_COURSES = 30  # below this an interval says next to nothing
MIN_GROUP_COURSES = 20  # of one language or department, to say more than its figures


class LiftText(StrEnum):
    """What stands for a course whose description is hidden."""

    TITLE = "title"
    TITLE_DEPARTMENT = "title_department"
    TITLE_DEPARTMENT_CATEGORY = "title_department_category"
    TFIDF = "tfidf"  # the same three fields, found by TF-IDF instead of vectors
    GENERATED = "generated"  # title, department and the generated description


class LiftVerdict(StrEnum):
    """What the measurement says about publishing generated texts."""

    HELPS = "helps"
    NO_DIFFERENCE = "no_difference"
    HARMS = "harms"


_VERDICTS = {"better": LiftVerdict.HELPS, "worse": LiftVerdict.HARMS, "no_difference": LiftVerdict.NO_DIFFERENCE}


@dataclass(frozen=True, slots=True)
class LiftRow:
    """One text in one group of courses."""

    group: str  # "all", "language" or "department"
    name: str  # of the language or department; "" for all
    text: LiftText
    reciprocal_rank: Interval  # its mean is the MRR
    recall: Interval  # share of courses that are among the first TOP
    difference: Interval | None = None  # of the reciprocal rank to the strongest simple text; only for GENERATED
    verdict: LiftVerdict | None = None  # only for GENERATED, and in groups that are large enough


@dataclass(frozen=True, slots=True)
class LiftResult:
    """What came of a measurement."""

    rows: tuple[LiftRow, ...]  # all courses first, then languages, then departments, the largest first
    strongest: LiftText  # the simple text with the highest MRR over all courses
    difference: Interval  # GENERATED less that text, reciprocal rank, paired
    gain: Interval  # GENERATED less TITLE_DEPARTMENT, which would be embedded otherwise
    verdict: LiftVerdict


def ranks_of(similarity: npt.NDArray[np.floating], target: npt.NDArray[np.integer]) -> Doubles:
    """The place of each query's own document, 1 for the first, float64 (Q,).

    `similarity` (Q, D); `target` (Q,) says which document is the query's own. Documents that are just as similar
    share their places, so that a search that finds nothing gains nothing.
    """
    own = similarity[np.arange(len(target)), target][:, None]
    better = (similarity > own).sum(axis=1)
    equal = (similarity == own).sum(axis=1)
    return np.asarray(better + (equal + 1) / 2, np.float64)


def measure_lift(
    ranks: Mapping[LiftText, Doubles], languages: Sequence[str], departments: Sequence[str], seed: int = 0
) -> LiftResult:
    """Figures, groups and verdict from the `ranks` (Q,) of each text, GENERATED and TITLE_DEPARTMENT among them.

    The verdict compares GENERATED with the simple text that is strongest over all courses: it helps or harms when the
    95 % interval of the paired difference of reciprocal ranks lies on one side of 0.
    """
    found = {text: 1 / places for text, places in ranks.items()}
    simple = [text for text in ranks if text is not LiftText.GENERATED]
    strongest = max(simple, key=lambda text: float(found[text].mean()))
    rows: list[LiftRow] = []
    for group, name, chosen in _groups(languages, departments):
        compared = compare_paired(found[LiftText.GENERATED][chosen], found[strongest][chosen], seed)
        rows += _rows(group, name, chosen, found, compared, seed)
    whole = compare_paired(found[LiftText.GENERATED], found[strongest], seed)
    gain = compare_paired(found[LiftText.GENERATED], found[LiftText.TITLE_DEPARTMENT], seed).interval
    return LiftResult(tuple(rows), strongest, whole.interval, gain, _VERDICTS[whole.verdict])


def _rows(
    group: str,
    name: str,
    chosen: npt.NDArray[np.bool_],
    found: Mapping[LiftText, Doubles],
    compared: Difference,
    seed: int,
) -> Iterator[LiftRow]:
    is_large = group == "all" or int(chosen.sum()) >= MIN_GROUP_COURSES
    for text, reciprocal in found.items():
        is_judged = text is LiftText.GENERATED
        yield LiftRow(
            group=group,
            name=name,
            text=text,
            reciprocal_rank=bootstrap_mean(reciprocal[chosen], seed),
            recall=bootstrap_mean((reciprocal[chosen] >= 1 / TOP).astype(np.float64), seed),
            difference=compared.interval if is_judged else None,
            verdict=_VERDICTS[compared.verdict] if is_judged and is_large else None,
        )


def _groups(languages: Sequence[str], departments: Sequence[str]) -> Iterator[tuple[str, str, npt.NDArray[np.bool_]]]:
    """Which courses belong to each group, (Q,); a single language or department is no group of its own."""
    yield "all", "", np.ones(len(languages), np.bool_)
    for group, names in (("language", languages), ("department", departments)):
        values = np.array(names)
        found, counts = np.unique(values, return_counts=True)
        if len(found) > 1:
            for place in np.argsort(-counts, kind="stable"):
                yield group, str(found[place]), np.asarray(values == found[place])
