"""Checks an installation's jobs from their files and the database alone. Shares no code with the app, on purpose.

Run it while no app is open: `python -m tests.faults.checker STATE_FOLDER`. What it looks for:
every journalled result is stored once, with the same SHA-256, on its own course, made from that course's source;
nothing is stored that was not journalled; the items of every job add up; every uploaded file is what it was by its
SHA-256; and the columns of the newest CSV upload of each catalog are stored as they came.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sys
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

HEADER = ("job", "item", "state", "starts", "journalled", "stored")


@dataclass
class Ledger:
    """What was found in one state folder."""

    jobs: int = 0
    results: int = 0  # distinct journalled results
    stored: int = 0
    redone: int = 0  # attempts beyond the first of each item
    written_twice: int = 0  # journalled results beyond the first of each item; only one of them is stored
    uploads: int = 0
    original_rows: int = 0  # courses whose columns were compared with the uploaded file
    damaged_lines: int = 0
    torn_bytes: int = 0
    set_aside: int = 0
    failed: int = 0
    faults: list[str] = field(default_factory=list)
    rows: list[tuple[str, str, str, int, int, int]] = field(default_factory=list, repr=False)  # see HEADER


def check(home: Path) -> Ledger:
    """Compare journals and database of a state folder."""
    ledger = Ledger()
    database = duckdb.connect(str(home / "courselift.duckdb"), read_only=True)
    try:
        for job_id, kind, status, position in database.execute(
            "SELECT job_id, kind, status, journal_position FROM jobs"
        ).fetchall():
            ledger.jobs += 1
            folder = home / "jobs" / job_id
            records = _read_journal((folder / "journal.log").read_bytes(), ledger)
            _check_job(database, job_id, status, position, folder, records, ledger)
            if kind == "enhance":
                _check_texts(database, job_id, folder, records, ledger)
        _check_uploads(database, home, ledger)
    finally:
        database.close()
    return ledger


def _read_journal(content: bytes, ledger: Ledger) -> list[dict[str, Any]]:
    *lines, torn = content.split(b"\n")
    ledger.torn_bytes += len(torn)
    records = []
    for line in lines:
        head, body = line[:18], line[18:]
        try:
            length, crc = (int(part, 16) for part in head.split())
            if (length, crc) != (len(body), zlib.crc32(body)):
                raise ValueError("checksum")
            records.append(json.loads(body))
        except ValueError:
            ledger.damaged_lines += 1
    return records


def _check_job(
    database: duckdb.DuckDBPyConnection,
    job_id: str,
    status: str,
    position: int,
    folder: Path,
    records: list[dict[str, Any]],
    ledger: Ledger,
) -> None:
    items = [json.loads(line)["key"] for line in (folder / "items.jsonl").read_text().splitlines()]
    rows = database.execute("SELECT item_key, state FROM job_items WHERE job_id = ?", [job_id]).fetchall()
    states = Counter(state for _, state in rows)
    ledger.failed += states["failed"]
    ledger.set_aside += states["set_aside"]
    if sorted(key for key, _ in rows) != sorted(items):
        ledger.faults.append(f"{job_id}: the stored items are not those of the job")
    if sum(states[state] for state in ("done", "failed", "set_aside", "pending")) != len(items):
        ledger.faults.append(f"{job_id}: the item states do not add up: {dict(states)}")
    if status == "succeeded" and states["pending"]:
        ledger.faults.append(f"{job_id}: succeeded with {states['pending']} items pending")
    if position > (folder / "journal.log").stat().st_size:
        ledger.faults.append(f"{job_id}: the stored position is behind the journal's end")
    starts = Counter(key for record in records if record["kind"] == "started" for key in record["attempts"])
    ledger.redone += sum(count - 1 for count in starts.values())
    done = {key for key, state in rows if state == "done"}
    results = Counter(record["item"] for record in records if record["kind"] == "result")
    journalled = set(results)
    ledger.written_twice += sum(results.values()) - len(results)
    stored = Counter(
        key for (key,) in database.execute("SELECT course_key FROM enhancements WHERE job_id = ?", [job_id]).fetchall()
    )
    ledger.rows += [(job_id, key, state, starts[key], results[key], stored[key]) for key, state in rows]
    if status not in ("queued", "running") and done != journalled:
        ledger.faults.append(f"{job_id}: {len(done ^ journalled)} items are done in one ledger and not in the other")


def _check_texts(
    database: duckdb.DuckDBPyConnection, job_id: str, folder: Path, records: list[dict[str, Any]], ledger: Ledger
) -> None:
    items = {item["key"]: item for item in map(json.loads, (folder / "items.jsonl").read_text().splitlines())}
    is_fake = json.loads((folder / "job.json").read_text())["engine"] == "fake"
    journalled: dict[str, dict[str, Any]] = {}
    for record in records:
        if record["kind"] == "result":
            journalled.setdefault(record["item"], record)
    stored = database.execute(
        "SELECT course_key, text, source_hash FROM enhancements WHERE job_id = ?", [job_id]
    ).fetchall()
    ledger.results += len(journalled)
    ledger.stored += len(stored)
    for key, count in Counter(key for key, _, _ in stored).items():
        if count > 1:
            ledger.faults.append(f"{job_id}: {key} is stored {count} times")
    for key, text, source_hash in stored:
        if key not in journalled:
            ledger.faults.append(f"{job_id}: {key} is stored but not in the journal")
            continue
        if _sha(text) != _sha(journalled[key]["output"]["text"]):
            ledger.faults.append(f"{job_id}: the text of {key} is not the journalled one")
        if not source_hash == journalled[key]["input_hash"] == items[key]["input_hash"]:
            ledger.faults.append(f"{job_id}: the text of {key} was made from another source")
        if is_fake and items[key]["course"]["title"] not in text:  # the fake engine names the course
            ledger.faults.append(f"{job_id}: {key} carries another course's text")
    for key in set(journalled) - {key for key, _, _ in stored}:
        ledger.faults.append(f"{job_id}: the result of {key} is lost")


def _check_uploads(database: duckdb.DuckDBPyConnection, home: Path, ledger: Ledger) -> None:
    newest: dict[str, bytes] = {}
    for catalog_id, content_hash, stored_path in database.execute(
        "SELECT catalog_id, content_hash, stored_path FROM uploads LEFT JOIN imports USING (upload_id) "
        "WHERE stored_path <> '' ORDER BY imported_at"
    ).fetchall():
        path = home / "uploads" / Path(stored_path).name
        content = path.read_bytes() if path.is_file() else b""
        ledger.uploads += 1
        if hashlib.sha256(content).hexdigest() != content_hash:
            ledger.faults.append(f"the upload {path.name} is not what it was")
        elif catalog_id is not None and path.suffix == ".csv":
            newest[catalog_id] = content
    for catalog_id, content in newest.items():
        _check_columns(database, catalog_id, content, ledger)


def _check_columns(database: duckdb.DuckDBPyConnection, catalog_id: str, content: bytes, ledger: Ledger) -> None:
    """Titles and the columns that the app keeps aside, by the row number of each course."""
    reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    header = next(reader)
    lines = {}
    number = reader.line_num
    for cells in reader:
        lines[number + 1] = dict(zip(header, cells, strict=False))
        number = reader.line_num
    for key, title, extra, row_number in database.execute(
        "SELECT course_key, title, extra, row_number FROM courses WHERE catalog_id = ? AND is_active", [catalog_id]
    ).fetchall():
        original = lines.get(row_number, {})
        ledger.original_rows += 1
        if title not in {" ".join(cell.split()) for cell in original.values()}:
            ledger.faults.append(f"{key}: its title is not in row {row_number} of the upload")
        for name, value in json.loads(extra).items():
            if original.get(name, "").strip() != value:
                ledger.faults.append(f"{key}: column {name} is not as it came")


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    found = check(Path(sys.argv[1]))
    print(found)
    sys.exit(bool(found.faults))
