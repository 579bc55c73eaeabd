"""Where the time of one generation goes, in two precisions side by side, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.records import Message

PYTHON = "(python)"  # the time between operators, as an operator
REST = "(rest)"
# What operators do, by their names in PyTorch.
_FAMILIES: Mapping[str, frozenset[str]] = {
    "product": frozenset(
        {"aten::mm", "aten::addmm", "aten::bmm", "aten::baddbmm", "aten::mkldnn_linear", "mkldnn::_linear_pointwise"}
        | {"aten::linear", "aten::matmul"}
    ),
    "conversion": frozenset({"aten::to", "aten::_to_copy", "aten::copy_"}),
    "attention": frozenset(
        {"aten::_scaled_dot_product_flash_attention_for_cpu", "aten::scaled_dot_product_attention"}
        | {"aten::_scaled_dot_product_flash_attention", "aten::_scaled_dot_product_efficient_attention"}
    ),
    "python": frozenset({PYTHON}),
}
FAMILIES = (*_FAMILIES, "other")
_SAME = 0.1  # precisions whose times differ by less are as fast
_MUCH = 0.3  # a share of the time that is worth doing something about


@dataclass(frozen=True, slots=True)
class ProfiledPart:
    """An operator or a function: its own seconds, without what it calls."""

    name: str
    seconds: float
    calls: int


@dataclass(frozen=True, slots=True)
class PrecisionProfile:
    """One generation in one precision."""

    precision: str
    seconds: float  # of the whole generation, the faster of both runs: each profiler slows something else
    new_tokens: int
    peak_mib: float
    operators: tuple[ProfiledPart, ...]  # by torch.profiler
    functions: tuple[ProfiledPart, ...]  # by cProfile
    others: float = 0.0  # cores that other programs kept busy meanwhile, on average

    @property
    def operator_seconds(self) -> float:
        """All operators and what passes between them, under torch's profiler."""
        return sum(part.seconds for part in self.operators)

    def share_of(self, family: str) -> float:
        """The share of the operators' time that goes into a family, 0 to 1."""
        return self.seconds_of(family) / self.operator_seconds if self.operator_seconds else 0.0

    def seconds_of(self, family: str) -> float:
        """The operators' own seconds in a family."""
        return sum(part.seconds for part in self.operators if family_of(part.name) == family)


@dataclass(frozen=True, slots=True)
class ComparedPart:
    """One line of the table: the same operator or function in both precisions."""

    name: str
    first_seconds: float
    first_share: float
    second_seconds: float
    second_share: float
    calls: int  # in the one that calls it more often

    @property
    def difference(self) -> float:
        """Seconds that the second takes more than the first."""
        return self.second_seconds - self.first_seconds

    @property
    def factor(self) -> float | None:
        """How many times as long the second takes; None when the first does not do it."""
        return self.second_seconds / self.first_seconds if self.first_seconds else None


def family_of(operator: str) -> str:
    """What an operator does: "product", "conversion", "attention", "python" or "other"."""
    return next((family for family, names in _FAMILIES.items() if operator in names), "other")


def side_by_side(first: Sequence[ProfiledPart], second: Sequence[ProfiledPart]) -> list[ComparedPart]:
    """Both profiles as one table, what takes most time in either on top."""
    one, other = ({part.name: part for part in parts} for parts in (first, second))
    totals = [sum(part.seconds for part in parts) or 1.0 for parts in (first, second)]
    nothing = ProfiledPart("", 0.0, 0)
    rows = []
    for name in dict.fromkeys((*one, *other)):
        a, b = one.get(name, nothing), other.get(name, nothing)
        calls = max(a.calls, b.calls)
        rows.append(ComparedPart(name, a.seconds, a.seconds / totals[0], b.seconds, b.seconds / totals[1], calls))
    return sorted(rows, key=lambda row: max(row.first_seconds, row.second_seconds), reverse=True)


def largest(parts: Sequence[ProfiledPart], count: int) -> tuple[ProfiledPart, ...]:
    """The `count` that take most time, the others added up as one."""
    ordered = sorted(parts, key=lambda part: part.seconds, reverse=True)
    rest = ordered[count:]
    if not rest:
        return tuple(ordered)
    return (*ordered[:count], ProfiledPart(REST, sum(it.seconds for it in rest), sum(it.calls for it in rest)))


def findings(first: PrecisionProfile, second: PrecisionProfile) -> tuple[Message, ...]:
    """What the two profiles say, in sentences: which is faster, where the slower one's time goes, what to do.

    By the operators' time, so that the sentences say what the table shows.
    """
    slow, fast = (second, first) if second.operator_seconds >= first.operator_seconds else (first, second)
    factor = slow.operator_seconds / fast.operator_seconds if fast.operator_seconds else 1.0
    names = {"slow": slow.precision, "fast": fast.precision}
    if factor < 1 + _SAME:
        verdict = Message("profile.finding.same", names)
    else:
        verdict = Message("profile.finding.slower", {**names, "factor": round(factor, 1)})
    return (verdict, _where(slow, fast), _conversions(slow), _advice(slow, fast, factor))


def _where(slow: PrecisionProfile, fast: PrecisionProfile) -> Message:
    """The largest operator of the slower one, and how it does in the other."""
    top = max(slow.operators, key=lambda part: part.seconds)
    twin = next((part.seconds for part in fast.operators if part.name == top.name), 0.0)
    params: dict[str, object] = {"slow": slow.precision, "fast": fast.precision, "operator": top.name}
    params["share"] = round(100 * top.seconds / slow.operator_seconds)
    if top.name == PYTHON:
        return Message("profile.finding.where_python", params)
    if not twin:
        return Message("profile.finding.where_only", params)
    if top.seconds / twin < 1 + _SAME:
        return Message("profile.finding.where_alike", params)
    return Message("profile.finding.where", {**params, "factor": round(top.seconds / twin, 1)})


def _conversions(slow: PrecisionProfile) -> Message:
    """The report's suspect was the tensor method `to`; say what became of it, beside the matrix products."""
    params = {
        "precision": slow.precision,
        "conversion": round(100 * slow.share_of("conversion"), 1),
        "product": round(100 * slow.share_of("product")),
    }
    is_as_reported = slow.share_of("conversion") >= _MUCH
    return Message("profile.finding.conversions" if is_as_reported else "profile.finding.no_conversions", params)


def _advice(slow: PrecisionProfile, fast: PrecisionProfile, factor: float) -> Message:
    names = {"slow": slow.precision, "fast": fast.precision}
    product_factor = slow.seconds_of("product") / (fast.seconds_of("product") or 1e-9)
    if slow.share_of("conversion") >= _MUCH:
        return Message("profile.finding.advice_conversion", names)
    if factor >= 1 + _SAME and slow.share_of("product") >= _MUCH and product_factor >= 1 + _SAME:
        return Message("profile.finding.advice_product", names)
    if max(slow.share_of("python"), fast.share_of("python")) >= _MUCH:
        return Message("profile.finding.advice_python", names)
    return Message("profile.finding.advice_none" if factor < 1 + _SAME else "profile.finding.advice_faster", names)
