"""A state folder that takes no more files: whoever brings one reads a sentence."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import StorageError
from core.pipeline.application import Application
from core.pipeline.intake import preview_catalog
from core.pipeline.student_intake import preview_students


@pytest.mark.parametrize("read", [preview_catalog, preview_students])
@pytest.mark.parametrize("place", [(Path, "mkdir"), (tempfile, "TemporaryDirectory"), (Path, "write_bytes")])
@pytest.mark.parametrize(("number", "key"), [(errno.ENOSPC, "disk_full"), (errno.EACCES, "folder_unusable")])
def test_a_file_that_cannot_be_laid_down_for_reading_is_a_sentence(
    app: Application,
    catalog_file: bytes,
    monkeypatch: pytest.MonkeyPatch,
    read: Callable[..., object],
    place: tuple[object, str],
    number: int,
    key: str,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr(*place, refuse)
    with pytest.raises(StorageError) as caught:
        read(app, catalog_file, "spring term.csv")
    assert caught.value.message.key == f"storage.{key}"
    assert str(app.config.temporary_folder) in str(caught.value)
