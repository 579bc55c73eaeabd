"""From a chat to the token ids a model expects, by the model's own chat template."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jinja2.exceptions import TemplateError

from core.errors import ModelError
from core.generation.engine import Chat


def require_chat_template(tokenizer: Any, model: str) -> None:
    """Raise ModelError when the tokenizer has no chat template."""
    if not getattr(tokenizer, "chat_template", None):
        raise ModelError("models.no_chat_template", model=model)


def chat_token_ids(tokenizer: Any, chat: Chat) -> list[int]:
    """The token ids of a chat up to where the model's answer begins.

    Templates without a system role get its text at the head of the user's message. Models that think aloud before
    they answer (Qwen3, EXAONE 4) are asked not to; other templates ignore that.
    """
    messages = [dict(message) for message in chat]
    try:
        return _apply(tokenizer, messages)
    except TemplateError:
        return _apply(tokenizer, _without_system(messages))


def _apply(tokenizer: Any, messages: Sequence[dict[str, str]]) -> list[int]:
    encoded = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, tokenize=True, return_dict=True, enable_thinking=False
    )
    return list(encoded["input_ids"])


def _without_system(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    if len(messages) < 2 or messages[0]["role"] != "system":
        return messages
    system, user, *rest = messages
    return [{**user, "content": f"{system['content']}\n\n{user['content']}"}, *rest]
