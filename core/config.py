"""Paths and defaults. The environment is read here and nowhere else."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

PROJECT_FOLDER = Path(__file__).resolve().parent.parent
DATA_FOLDER = PROJECT_FOLDER / "data"

MAX_UPLOAD_MIB = 200
DATABASE_MEMORY_LIMIT = "512MB"  # the rest is the model's; 9 million places in lists were read and backed up in 256
DEFAULT_TOP_K = 10
_UMASK = os.umask(0o077)  # the one that the user chose; it can only be asked for by setting another
os.umask(_UMASK)


@dataclass(frozen=True, slots=True)
class Config:
    """Where this installation keeps what it makes."""

    home: Path  # the state folder

    @property
    def database_path(self) -> Path:
        """The DuckDB file; one process at a time opens it."""
        return self.home / "courselift.duckdb"

    @property
    def jobs_folder(self) -> Path:
        """One folder a job: its spec, items, journal, heartbeat and log."""
        return self.home / "jobs"

    @property
    def models_folder(self) -> Path:
        """Converted models, one ordinary model folder each."""
        return self.home / "models"

    @property
    def uploads_folder(self) -> Path:
        """Uploaded files exactly as they came, named by their SHA-256."""
        return self.home / "uploads"

    @property
    def exports_folder(self) -> Path:
        """Files written for people to take away."""
        return self.home / "exports"

    @property
    def backups_folder(self) -> Path:
        """Copies of the database."""
        return self.home / "backups"

    @property
    def temporary_folder(self) -> Path:
        """Files that are being read or written for a moment; leftovers go when the application opens."""
        return self.home / "tmp"

    @property
    def logs_folder(self) -> Path:
        """Log files; they hold no student data."""
        return self.home / "logs"

    @property
    def users_path(self) -> Path:
        """Who may sign in with a password, and everybody's role."""
        return self.home / "users.json"

    @property
    def access_journal_path(self) -> Path:
        """The access log once more, beside the database."""
        return self.home / "access.log"


def load_config() -> Config:
    """The configuration of this process: `COURSELIFT_HOME`, or the platform's folder for user data."""
    home = os.environ.get("COURSELIFT_HOME") or platformdirs.user_data_dir("courselift", appauthor=False)
    return Config(Path(home).expanduser().resolve())


def keep_files_private() -> None:
    """From now on only this account can read what this process and its children write."""
    os.umask(0o077)


def keep_temporary_files(config: Config) -> None:
    """From now on libraries of this process put what they hold in files for a moment into the state folder.

    A workbook that is being written holds students' numbers there; after a kill the next start removes it.
    """
    with suppress(OSError):  # who opens the database says what is wrong with the state folder
        config.temporary_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        tempfile.tempdir = str(config.temporary_folder)


def ordinary_file_mode() -> int:
    """The permissions of a new file under the umask that this process was started with, as other programs give it."""
    return 0o666 & ~_UMASK


def system_locale() -> str:
    """The locale of the terminal, for example "ko_KR.UTF-8"; empty when none is set."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    return next((os.environ[name] for name in names if os.environ.get(name)), "")


def hub_is_allowed() -> bool:
    """Whether the user turned the model hub on (`COURSELIFT_HUB=1`)."""
    return os.environ.get("COURSELIFT_HUB") == "1"


def cpu_threads() -> int | None:
    """Threads a model may compute with (`COURSELIFT_THREADS`); None leaves it to the machine's cores."""
    value = os.environ.get("COURSELIFT_THREADS", "")
    return int(value) if value.isdigit() and int(value) > 0 else None


def endpoint_key() -> str:
    """The key for the user's own OpenAI-compatible endpoint (`COURSELIFT_ENDPOINT_KEY`); empty when none is set.

    Never stored and never logged: whoever needs it asks here.
    """
    return os.environ.get("COURSELIFT_ENDPOINT_KEY", "").strip()


def fail_points_folder() -> Path | None:
    """Where tests say at which step this process is to die (`COURSELIFT_FAIL_POINTS`); None outside of tests."""
    value = os.environ.get("COURSELIFT_FAIL_POINTS", "")
    return Path(value) if value else None


def quiet_environment(threads: int = 0) -> dict[str, str]:
    """Environment variables for worker processes: no hub, no telemetry, no tokenizer fork warnings.

    `threads` are for libraries to compute with, unless a person has said how many; 0 leaves it to the machine.

    Sources: huggingface_hub docs (HF_HUB_OFFLINE, HF_HUB_DISABLE_TELEMETRY), OpenVINO telemetry docs.
    """
    offline = "0" if hub_is_allowed() else "1"
    return {
        **os.environ,
        "HF_HUB_OFFLINE": offline,
        "TRANSFORMERS_OFFLINE": offline,
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "TOKENIZERS_PARALLELISM": "true",
        **({"COURSELIFT_THREADS": str(threads)} if threads and cpu_threads() is None else {}),
    }
