import csv
import io
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import core.catalog
from core.catalog.export_safety import escape_cell
from core.catalog.problems_report import problems_to_csv
from core.catalog.tables import SEVERITIES, ProblemList
from core.i18n import LANGUAGES, Translator

I18N = Path(core.catalog.__file__).parent.parent / "i18n"


def test_the_report_opens_in_a_spreadsheet_program_and_runs_nothing():
    problems = ProblemList()
    problems.add("no_title", 7, "교과목명", '=HYPERLINK("x")')
    problems.add("repeated_code", 8, "code", "A1", first=3)
    content = problems_to_csv(problems.as_tuple(), Translator("ko"))
    assert content.startswith(b"\xef\xbb\xbf")
    header, first, second = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert header[:3] == ["행", "열", "값"]
    assert first[:4] == ["7", "교과목명", '\'=HYPERLINK("x")', "제외함"]
    assert "3행" in second[4]


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "＝1+1", "－x"])
def test_formulas_are_disarmed(text):
    assert escape_cell(text) == "'" + text


@pytest.mark.parametrize("text", ["-3", "-3.5", "+1e5", "A-1", "가나다", "", "3=3"])
def test_harmless_cells_stay_as_they_are(text):
    assert escape_cell(text) == text


@given(st.text())
def test_an_escaped_cell_never_starts_a_formula_and_can_be_undone(text):
    escaped = escape_cell(text)
    assert escaped.removeprefix("'") == text or escaped == text
    assert not re.match(r"[=@\t\r\n]", escaped)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_that_the_code_names_exists(language):
    texts = tomllib.loads((I18N / language / "intake.toml").read_text(encoding="utf-8"))
    source = "".join(path.read_text(encoding="utf-8") for path in Path(core.catalog.__file__).parent.glob("*.py"))
    named = set(re.findall(r'problems\.add\(\s*"(\w+)"', source)) | set(SEVERITIES)
    errors = set(re.findall(r'"intake\.error\.(\w+)"', source))
    assert named <= set(texts["problem"])
    assert errors <= set(texts["error"])
