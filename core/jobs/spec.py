"""What a job is to do, written once into its folder: `job.json` for the settings, `items.jsonl` for the work.

A job that writes descriptions also has `others.jsonl`: the courses with which a text may be mixed up.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

from core.errors import JobError
from core.jobs.files import write_atomically
from core.records import Course, CourseKind, JobKind, Message

SPEC_FILE = "job.json"
ITEMS_FILE = "items.jsonl"
OTHERS_FILE = "others.jsonl"
DEFAULT_ITEM_DEADLINE = 180.0  # seconds without any sign of life before a worker counts as hung
_HASHED_FIELDS = ("kind", "model_ref", "engine", "precision", "device", "settings", "prompt_version")


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One item of a job, with all that the worker needs: it cannot look anything up."""

    key: str  # the course key; for embeddings the text hash
    input_hash: str  # Course.content_hash; for embeddings the text hash; for lift a hash of all that is asked
    chat: tuple[Mapping[str, str], ...] = ()  # the prompt, as messages with "role" and "content"
    course: Course | None = None  # the source fields, for the checks
    text: str = ""  # what to embed
    role: str = ""  # "passage" or "query", for embeddings
    request: Mapping[str, Any] = field(default_factory=dict, repr=False)  # plain JSON values; for measuring lift


@dataclass(frozen=True, slots=True)
class JobSpec:
    """One job: what is to be made, how, and of which items."""

    job_id: str
    kind: JobKind
    catalog_id: str
    model_ref: str
    engine: str
    precision: str
    device: str
    settings: Mapping[str, Any]  # GenerationSettings.as_dict(), seed included; for embeddings the batch size
    items: tuple[WorkItem, ...] = field(repr=False)
    prompt_version: str = ""
    fallback_engine: str = ""  # for a model that `engine` cannot take; "" when a person chose the engine. Not hashed
    threads: int = 0  # to compute with, 0 for as many as there are cores. Not hashed
    item_deadline_seconds: float = DEFAULT_ITEM_DEADLINE  # says nothing about the result, so it is not hashed
    others: tuple[Course, ...] = field(default=(), repr=False)  # for the checks: the catalog's courses in short

    @property
    def settings_hash(self) -> str:
        """SHA-256 over everything but the items that could change a result."""
        return _digest({name: getattr(self, name) for name in _HASHED_FIELDS})

    @property
    def idempotency_key(self) -> str:
        """The same for two jobs that would do the same work with the same settings."""
        work = sorted((item.key, item.input_hash) for item in self.items)
        return _digest([self.catalog_id, self.settings_hash, work])

    def cache_key(self, input_hash: str) -> str:
        """The same for two items that give the same result: how many are worked on side by side does not matter."""
        values = {name: getattr(self, name) for name in _HASHED_FIELDS if name != "device"}
        settings = {name: value for name, value in self.settings.items() if name != "batch_size"}
        return _digest({**values, "settings": settings, "input_hash": input_hash})

    def header(self) -> dict[str, Any]:
        """Everything but the items and other courses, as plain JSON values."""
        values = {name: getattr(self, name) for name in self.__slots__ if name not in ("items", "others")}
        return {**values, "settings": dict(self.settings), "settings_hash": self.settings_hash}

    def save(self, folder: Path) -> None:
        """Write the files of a job into `folder`, each whole or not at all; `job.json` last."""
        items, others = _lines(self.items), _lines(self.others)
        write_atomically(folder / ITEMS_FILE, items)
        if others:
            write_atomically(folder / OTHERS_FILE, others)
        header = {**self.header(), "items_hash": _hash(items), "others_hash": _hash(others)}
        write_atomically(folder / SPEC_FILE, _encode(header).encode())

    @classmethod
    def load(cls, folder: Path) -> JobSpec:
        """Read a job back. Raises JobError when a file is missing or is not what was written."""
        try:
            header = json.loads((folder / SPEC_FILE).read_bytes())
            items = (folder / ITEMS_FILE).read_bytes()
            others = (folder / OTHERS_FILE).read_bytes() if (folder / OTHERS_FILE).exists() else b""
            others_hash = header.pop("others_hash", _hash(others))  # jobs from before there was one are taken as found
            if (_hash(items), _hash(others)) != (header.pop("items_hash"), others_hash):
                raise JobError("jobs.folder_damaged", job=folder.name)
            settings_hash = header.pop("settings_hash")
            header["kind"] = JobKind(header["kind"])
            spec = cls(
                **header,
                items=tuple(_read_item(line) for line in items.decode().splitlines()),
                others=tuple(_read_course(json.loads(line)) for line in others.decode().splitlines()),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise JobError("jobs.folder_damaged", job=folder.name) from error
        if spec.settings_hash != settings_hash:
            raise JobError("jobs.folder_damaged", job=folder.name)
        return spec


def differences(old: JobSpec, new: JobSpec) -> Message | None:
    """What differs between two specs of the same work, as a list in words; None when nothing does.

    Only items that both have are compared: a job may be resumed for a part of its items.
    """
    names = [name for name in _HASHED_FIELDS if name != "settings" and getattr(old, name) != getattr(new, name)]
    found = [Message(f"jobs.changed.{name}") for name in names]
    for name in sorted({*old.settings, *new.settings}):
        if old.settings.get(name) != new.settings.get(name):
            found.append(Message("jobs.changed.setting", {"name": name}))
    hashes = {item.key: item.input_hash for item in old.items}
    if any(hashes.get(item.key, item.input_hash) != item.input_hash for item in new.items):
        found.append(Message("jobs.changed.items"))
    if not found:
        return None
    return reduce(lambda first, second: Message("jobs.changed.both", {"first": first, "second": second}), found)


def _lines(records: Sequence[WorkItem] | Sequence[Course]) -> bytes:
    """One JSON object a line, without what is empty."""
    values = ({name: value for name, value in asdict(record).items() if value} for record in records)
    return "".join(f"{_encode(each)}\n" for each in values).encode()


def _read_course(values: Mapping[str, Any]) -> Course:
    return Course(**{**values, "kind": CourseKind(values["kind"])})


def _read_item(line: str) -> WorkItem:
    values = json.loads(line)
    course = values.pop("course", None)
    chat = tuple(values.pop("chat", ()))
    if course is not None:
        course = _read_course(course)
    return WorkItem(**values, chat=chat, course=course)


def _encode(value: Any) -> str:
    # ensure_ascii keeps line separators such as U+2028 out of a file that is read by lines
    return json.dumps(value, ensure_ascii=True, sort_keys=True, allow_nan=False)


def _digest(value: Any) -> str:
    return _hash(_encode(value).encode())


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
