import numpy as np
import pytest

from core.i18n import Translator
from core.recommendation.blend import SIGNALS, Weights
from core.recommendation.citations import Author, SourceText, cite
from core.recommendation.diversity import Diversity
from core.recommendation.explain import what_if, why_not
from core.recommendation.population import build_population
from core.recommendation.ranking import prepare, rank_all
from core.recommendation.reasons import missing_signals, reasons_of, recommendations_of
from core.records import Course, Student

TEXTS = {
    "games": SourceText(
        "Students make playable things. Game design and its rules are studied. Bring ideas.", Author.MODEL
    )
}
KOREAN, ENGLISH = Translator("ko"), Translator("en")


def vector(*values):
    array = np.array(values, np.float32)
    return array / np.linalg.norm(array)


@pytest.fixture
def prepared():
    courses = [
        Course("games", "Games", code="AB-2100", department="Art"),
        Course("paint", "Painting", code="AB-1100", department="Art"),
        Course("code", "Programming", code="CD-1100", department="Computing"),
        Course("law", "Law", code="EF-4100", department="Law"),
        Course("loose", "Loose", department=""),
    ]
    vectors = {
        "games": vector(1, 1, 0, 0),
        "paint": vector(1, 0, 0.1, 0),
        "code": vector(0, 1, 0, 0.1),
        "law": vector(0, 0, 1, 0),
        "loose": vector(0.4, 0.2, 0, 1),
    }
    interests = {"game design": vector(1, 1, 0, 0), "contracts": vector(0, 0, 1, 0)}
    students = [
        Student("ann", "Art", 2, ("game design",), ("paint",)),
        Student("bob", "", None, (), ()),
        Student("cyd", "Law", 4, ("contracts", "game design"), ("code", "law")),
    ]
    return prepare(build_population(courses, students, vectors, {}, interests))


ALL = Weights(0.4, 0.3, 0.1, 0.1, 0.05, 0.05)


def test_records_carry_contributions_that_sum_to_the_score(prepared):
    ranked = rank_all(prepared, ALL)
    for student in range(3):
        for item in recommendations_of(prepared, ranked, student):
            assert sum(c.amount for c in item.contributions) == pytest.approx(item.score, abs=1e-6)
            assert sum(c.weight for c in item.contributions) == pytest.approx(1)
    first = recommendations_of(prepared, ranked, 0)[0]
    assert (first.student_id, first.course_key, first.rank) == ("ann", "games", 1)
    evidence = {c.signal: c.evidence for c in first.contributions}
    assert evidence["department"] == "Art"
    assert evidence["interest"] == "game design"
    assert evidence["history"] == "Painting"
    assert evidence["level"] == "2"


def test_reasons_are_sentences_in_both_languages_and_cite_the_text(prepared):
    first = recommendations_of(prepared, rank_all(prepared, ALL), 0)[0]
    reasons = {reason.signal: reason for reason in reasons_of(prepared, first, TEXTS)}
    assert "Art" in ENGLISH.message(reasons["department"].message)
    assert "own department" in ENGLISH.message(reasons["department"].message)
    assert "game design" in ENGLISH.message(reasons["interest"].message)
    cited = ENGLISH.message(reasons["interest"].citation)
    assert "“Game design and its rules are studied.”" in cited
    assert "model" in cited
    assert "모델 작성" in KOREAN.message(reasons["interest"].citation)
    assert reasons["level"].message.key == "recommendation.reason.level_own"
    assert [r.amount for r in reasons.values()] == sorted((r.amount for r in reasons.values()), reverse=True)


def test_every_signal_has_reasons_for_every_course(prepared):
    for signal in SIGNALS:
        ranked = rank_all(prepared, Weights.from_mapping({signal: 1}))
        for student in range(3):
            for item in recommendations_of(prepared, ranked, student):
                for reason in reasons_of(prepared, item, TEXTS):
                    assert reason.signal == signal
                    assert ENGLISH.message(reason.message) and KOREAN.message(reason.message)


def test_missing_signals_are_named(prepared):
    assert missing_signals(prepared, ALL, 0) == []
    keys = [message.key for message in missing_signals(prepared, ALL, 1)]
    assert keys == [f"recommendation.missing.{name}" for name in ("department", "interest", "history", "level")]
    assert [m.key for m in missing_signals(prepared, Weights(), 1)] == ["recommendation.missing.everything"]


@pytest.mark.parametrize(
    ("text", "evidence", "sentence"),
    [
        ("Music is heard. Robots are designed here.", "robotics design", "Robots are designed here."),
        ("기초를 배운다. 기계학습의 원리를 다룬다.", "기계 학습", "기계학습의 원리를 다룬다."),
        ("One topic\nMachine learning", "machine", "Machine learning"),
        ("Logic. Logic again.", "logic", "Logic."),
        ("Nothing fits.", "chemistry", None),
        ("The history of the state.", "in the", None),
        ("", "chemistry", None),
    ],
)
def test_the_sentence_with_most_of_the_evidence_is_cited(text, evidence, sentence):
    citation = cite(SourceText(text, Author.DEPARTMENT), evidence)
    assert (citation.params["sentence"] if citation else None) == sentence


def test_why_not_names_the_rule(prepared):
    answer = why_not(prepared, ALL, 0, prepared.population.course_index("paint"))
    assert answer.rank is None
    assert answer.message.key == "recommendation.rule.taken"


def test_why_not_names_the_gap_and_what_loses_most(prepared):
    answer = why_not(prepared, Weights(), 0, prepared.population.course_index("law"), top_k=1)
    assert answer.message.key == "recommendation.why_not.gap"
    assert answer.rank > 1
    assert answer.score < answer.needed
    assert "Department" in ENGLISH.message(answer.message)


def test_why_not_says_where_a_listed_course_stands(prepared):
    answer = why_not(prepared, ALL, 0, prepared.population.course_index("games"))
    assert (answer.message.key, answer.rank) == ("recommendation.why_not.listed", 1)


def test_why_not_names_variety(prepared):
    ranked = rank_all(prepared, Weights(1, 0), top_k=4)
    courses = prepared.population.courses
    art = [i for i in range(len(courses)) if courses[i].department == "Computing"]
    full = why_not(prepared, Weights(1, 0), 1, art[0], top_k=1, diversity=Diversity(0, 1))
    assert full.message.key == "recommendation.why_not.unscored"  # bob's department is unknown
    assert ranked.course_index[1].tolist() == [-1, -1, -1, -1]


def test_why_not_names_a_full_department():
    courses = [Course(f"c{i}", f"c{i}", department="Art") for i in range(3)] + [Course("d", "d", department="Law")]
    prepared = prepare(build_population(courses, [Student("s", "Art")], {}, {}, {}))
    answer = why_not(prepared, Weights(), 0, 1, top_k=2, diversity=Diversity(0, 1))
    assert (answer.message.key, answer.rank) == ("recommendation.why_not.room", 2)


def of_one_department(*departments):
    """A student of Art, and a course of each of these departments, in this order."""
    courses = [Course(f"c{place}", f"c{place}", department=name) for place, name in enumerate(departments)]
    return prepare(build_population(courses, [Student("s", "Art")], {}, {}, {}))


def test_why_not_says_no_score_is_needed_that_the_course_has():
    answer = why_not(of_one_department("Art", "Art", "Art", "Law"), Weights(), 0, 2, 2, Diversity(0, 1))
    assert (answer.rank, answer.score, answer.needed) == (3, 1, 0)
    assert answer.message.key == "recommendation.why_not.room"


@pytest.mark.parametrize("language", [KOREAN, ENGLISH])
def test_why_not_names_the_order_of_the_catalog_where_it_decides(language):
    answer = why_not(of_one_department("Art", "Art", "Art"), Weights(), 0, 2, top_k=2)
    assert answer.message.key == "recommendation.why_not.tie"
    assert "1.000" in language.message(answer.message)


def test_what_if_moves_courses(prepared):
    changed, ranked, moves = what_if(prepared, Weights(), 0, department="Law", interests=("contracts",), top_k=2)
    assert changed.population.students[0].department == "Law"
    assert prepared.population.courses[ranked.course_index[0, 0]].course_key == "law"
    by_key = {move.course_key: move for move in moves}
    assert (by_key["law"].before, by_key["law"].after) == (None, 1)
    assert by_key["games"].before == 1
    assert prepared.population.students[0].department == "Art"  # nothing is changed for good


def test_what_if_nothing_changes_nothing(prepared):
    _, _, moves = what_if(prepared, ALL, 0)
    assert all(move.before == move.after for move in moves)
