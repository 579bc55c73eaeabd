"""From a model's reference to the folder or file it stands for. Never asks the network unless the hub is turned on."""

from __future__ import annotations

import re
from pathlib import Path

from core.config import Config, hub_is_allowed
from core.errors import ModelError
from core.models import bundled
from core.models.endpoints import is_endpoint, require_confirmed
from core.models.languages import FAKE_PREFIX

BUNDLED_PREFIX = "bundled:"
DEFAULT_GENERATION = bundled.SMOLLM2.reference
DEFAULT_EMBEDDING = bundled.E5_SMALL.reference
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def resolve(reference: str, config: Config) -> Path:
    """The model folder or .gguf file of a reference.

    `bundled:<name>`, a path of a folder or .gguf file, or a hub id such as `Qwen/Qwen3-0.6B` when the user turned the
    hub on (then files that are not in its cache are downloaded). A `fake:` reference comes back as it is, so does
    `openai:http://host:port/v1#model-name` when the user confirmed its address (see core.models.endpoints).
    Raises ModelError with what to do when there is no such model.
    """
    if reference.startswith(FAKE_PREFIX):
        return Path(reference)
    if is_endpoint(reference):
        require_confirmed(config, reference)
        return Path(reference)
    if reference.startswith(BUNDLED_PREFIX):
        return _resolve_bundled(reference.removeprefix(BUNDLED_PREFIX), config)
    path = Path(reference).expanduser()
    if path.exists():
        return _check_local(path)
    if _HUB_ID.fullmatch(reference):
        return _resolve_hub(reference)
    raise ModelError("models.not_found", reference=reference)


def _resolve_bundled(name: str, config: Config) -> Path:
    model = bundled.find_bundled(name)
    if not bundled.is_installed(name, config):
        raise ModelError("models.not_installed", model=model.title)
    return bundled.bundled_folder(name, config)


def _check_local(path: Path) -> Path:
    if path.is_dir() and (path / "config.json").is_file():
        return path.resolve()
    if path.is_file() and path.suffix.lower() == ".gguf":
        return path.resolve()
    raise ModelError("models.not_a_model", path=str(path))


def _resolve_hub(name: str) -> Path:
    if not hub_is_allowed():
        raise ModelError("models.hub_is_off", reference=name)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    patterns = ["*.json", "*.safetensors", "*.jinja", "*.model", "*.txt", "README.md"]
    try:
        return Path(snapshot_download(name, allow_patterns=patterns))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ModelError("models.hub_failed", reference=name, reason=str(error).splitlines()[0]) from error
