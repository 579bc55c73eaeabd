from __future__ import annotations

from core.i18n import LANGUAGES, Translator
from core.measurement.profile import PYTHON, REST, PrecisionProfile, ProfiledPart, findings, largest, side_by_side


def profile(precision: str, seconds: float, **operators: float) -> PrecisionProfile:
    names = {"mm": "aten::mm", "copy": "aten::copy_", "python": PYTHON, "add": "aten::add"}
    parts = tuple(ProfiledPart(names[name], value, 1) for name, value in operators.items())
    return PrecisionProfile(precision, seconds, 8, 500.0, parts, ())


def keys(first: PrecisionProfile, second: PrecisionProfile) -> list[str]:
    return [finding.key.removeprefix("profile.finding.") for finding in findings(first, second)]


def test_an_emulated_product_is_found_and_the_other_precision_advised() -> None:
    found = findings(profile("float32", 4, mm=3, add=1), profile("float16", 12, mm=11, add=1, copy=0.1))
    assert found[0].params == {"slow": "float16", "fast": "float32", "factor": 3.0}
    assert found[1].params["operator"] == "aten::mm"
    assert found[1].params["factor"] == 3.7
    assert found[2].key == "profile.finding.no_conversions"
    assert found[3].key == "profile.finding.advice_product"


def test_conversions_are_named_where_the_report_found_them() -> None:
    assert keys(profile("float32", 2, mm=2), profile("float16", 6, mm=2, copy=4))[2:] == [
        "conversions",
        "advice_conversion",
    ]


def test_python_between_operators_asks_for_larger_batches() -> None:
    assert keys(profile("float32", 4, python=3, mm=1), profile("bfloat16", 4.1, python=3, mm=1)) == [
        "same",
        "where_python",
        "no_conversions",
        "advice_python",
    ]


def test_the_order_of_the_precisions_does_not_change_what_is_said() -> None:
    one, other = profile("float32", 4, mm=3, add=1), profile("float16", 12, mm=11, add=1)
    assert findings(one, other) == findings(other, one)


def test_every_finding_has_a_sentence_in_both_languages() -> None:
    pairs = [
        (profile("float32", 4, mm=3), profile("float16", 12, mm=11)),
        (profile("float32", 2, mm=2), profile("float16", 6, mm=2, copy=4)),
        (profile("float32", 4, python=3, mm=1), profile("bfloat16", 4.1, python=3, mm=1)),
        (profile("float32", 4, mm=4), profile("float16", 9, add=9)),
        (profile("float32", 4, add=4), profile("float16", 4, add=4)),
    ]
    for language in LANGUAGES:
        for pair in pairs:
            assert all(Translator(language).message(finding) for finding in findings(*pair))


def test_the_table_has_what_either_does_and_most_time_on_top() -> None:
    rows = side_by_side([ProfiledPart("a", 1, 1), ProfiledPart("b", 3, 2)], [ProfiledPart("c", 2, 1)])
    assert [row.name for row in rows] == ["b", "c", "a"]
    assert (rows[0].first_share, rows[0].second_share) == (0.75, 0.0)
    assert (rows[1].factor, rows[2].factor, rows[2].difference) == (None, 0.0, -1)


def test_small_parts_are_added_up() -> None:
    parts = [ProfiledPart(str(number), number, 1) for number in range(1, 6)]
    assert largest(parts, 3)[-1] == ProfiledPart(REST, 3, 2)
    assert sum(part.seconds for part in largest(parts, 3)) == 15
