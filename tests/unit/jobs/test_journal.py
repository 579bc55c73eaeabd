from __future__ import annotations

import errno
import multiprocessing
import os
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import JobError
from core.jobs import journal as journal_module
from core.jobs.journal import MAX_RECORD_BYTES, Journal, JournalFullError, encode

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
RECORDS = st.lists(st.dictionaries(st.text(max_size=8), JSON, max_size=4), max_size=8)
SMALL = [{"n": 1}, {"text": "한글 text\nwith a newline"}, {"n": 3}, {"list": [1, 2.5, None, ""]}]


def write(path: Path, records: list[dict[str, Any]]) -> Journal:
    journal = Journal(path)
    with journal.lock():
        journal.append(*records)
    return journal


def read(journal: Journal, position: int = 0) -> list[Any]:
    return [line.record for line in journal.read_from(position)]


@given(RECORDS)
@settings(max_examples=60, deadline=None)
def test_records_come_back_as_they_were_written(records: list[dict[str, Any]]) -> None:
    with TemporaryDirectory() as folder:
        assert read(write(Path(folder) / "journal.log", records)) == records


@given(RECORDS.filter(bool), st.data())
@settings(max_examples=40, deadline=None)
def test_reading_goes_on_from_any_position_it_gave(records: list[dict[str, Any]], data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        journal = write(Path(folder) / "journal.log", records)
        positions = [0, *(line.next_position for line in journal.read_from())]
        start = data.draw(st.integers(0, len(records)))
        assert read(journal, positions[start]) == records[start:]
        assert positions[-1] == journal.size()


def test_a_journal_cut_at_any_byte_loses_only_the_torn_record(tmp_path: Path) -> None:
    whole = b"".join(encode(record) for record in SMALL)
    ends = [len(b"".join(encode(record) for record in SMALL[:count])) for count in range(len(SMALL) + 1)]
    path = tmp_path / "journal.log"
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        complete = sum(end <= cut for end in ends) - 1
        assert read(Journal(path)) == SMALL[:complete]
        write(path, [{"after": True}])
        assert read(Journal(path)) == [*SMALL[:complete], {"after": True}]


def test_a_flipped_bit_costs_the_records_it_touches_and_no_other(tmp_path: Path) -> None:
    whole = b"".join(encode(record) for record in SMALL)
    path = tmp_path / "journal.log"
    for place in range(len(whole)):
        for bit in range(8):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << bit
            path.write_bytes(damaged)
            found = [record for record in read(Journal(path)) if record is not None]
            assert all(record in SMALL for record in found)
            # one record, or two when the newline between them was hit
            assert len(found) >= len(SMALL) - (2 if whole[place : place + 1] == b"\n" else 1)


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"not a record\n",
        b"\x00" * 200 + b"\n",
        b"00000005 00000000 {}\n",
        b"x" * (3 << 20) + b"\n",
        b"%08x %08x %s\n" % (4, zlib.crc32(b"\xff\xfe{}"), b"\xff\xfe{}"),
        b"%08x %08x %s\n" % (2, zlib.crc32(b"[]"), b"[]"),
        b"%08x %08x %s\n" % (9, zlib.crc32(b'{"a":NaN}'), b'{"a":NaN}'),
        b"%08x %08x %s\n" % (7, zlib.crc32(b'{"a":}\x00'), b'{"a":}\x00'),
    ],
    ids=["empty", "text", "NUL", "wrong sum", "3 MB", "broken UTF-8", "no object", "NaN", "bad JSON"],
)
def test_a_damaged_line_is_refused_and_reading_goes_on_behind_it(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "journal.log"
    path.write_bytes(encode({"n": 1}) + line + encode({"n": 2}))
    assert read(Journal(path)) == [{"n": 1}, None, {"n": 2}]


def test_fifty_megabytes_without_a_newline_are_left_as_a_torn_end(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    path.write_bytes(encode({"n": 1}) + b"x" * (50 << 20))
    assert read(Journal(path)) == [{"n": 1}]
    assert read(write(path, [{"n": 2}])) == [{"n": 1}, {"n": 2}]


def test_what_is_not_json_is_not_written(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.log").lock() as journal:
        with pytest.raises(ValueError, match="not JSON compliant"):
            journal.append({"n": 1}, {"n": float("nan")})
        assert journal.size() == 0


def test_what_would_be_too_long_to_be_read_is_not_written(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.log").lock() as journal:
        with pytest.raises(ValueError, match="would be refused"):
            journal.append({"n": 1}, {"text": "x" * MAX_RECORD_BYTES})
        assert journal.size() == 0
        longest = {"text": "x" * (MAX_RECORD_BYTES - 40)}
        journal.append(longest)
    assert read(journal) == [longest]


def test_writing_needs_the_lock(tmp_path: Path) -> None:
    with pytest.raises(JobError):
        Journal(tmp_path / "journal.log").append({})


def test_only_one_holds_the_lock_and_its_end_frees_it(tmp_path: Path) -> None:
    first, second = Journal(tmp_path / "journal.log"), Journal(tmp_path / "journal.log")
    assert not second.is_locked()
    with first.lock():
        assert second.is_locked()
        with pytest.raises(JobError):
            second.lock(patience=0.05)
    assert not second.is_locked()
    second.lock().close()


def _hold(path: Path, ready: Any) -> None:
    journal = Journal(path).lock()
    ready.set()
    journal.append({"n": 1})
    multiprocessing.Event().wait()


def test_the_lock_goes_with_a_killed_process(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    path = tmp_path / "journal.log"
    process = context.Process(target=_hold, args=(path, ready))
    process.start()
    assert ready.wait(30)
    assert Journal(path).is_locked()
    process.kill()
    process.join()
    assert not Journal(path).is_locked()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_takes_back_the_half_written_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    real = os.write

    def write_half(descriptor: int, content: Any) -> int:
        if len(content) > 30:
            return real(descriptor, bytes(content)[:30])
        raise OSError(number, "full")

    with Journal(tmp_path / "journal.log").lock() as journal:
        journal.append({"n": 1})
        monkeypatch.setattr(journal_module.os, "write", write_half)
        with pytest.raises(JournalFullError):
            journal.append({"text": "x" * 100})
        monkeypatch.undo()
        journal.append({"n": 2})
        assert read(journal) == [{"n": 1}, {"n": 2}]


def test_another_write_error_is_not_called_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int, content: Any) -> int:
        raise OSError(errno.EIO, "broken")

    with Journal(tmp_path / "journal.log").lock() as journal:
        monkeypatch.setattr(journal_module.os, "write", fail)
        with pytest.raises(OSError, match="broken"):
            journal.append({"n": 1})


def test_a_journal_that_is_not_there_is_empty_and_free(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.log")
    assert read(journal) == []
    assert journal.size() == 0
    assert not journal.is_locked()
