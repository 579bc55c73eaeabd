from __future__ import annotations

from typing import Any

import pytest
from jinja2.exceptions import TemplateError

from core.errors import ModelError
from core.generation.chats import chat_token_ids, require_chat_template

CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]


class StubTokenizer:
    """Gives the characters of the contents as ids; refuses a system role when told to."""

    def __init__(self, takes_system: bool) -> None:
        self.takes_system = takes_system
        self.chat_template = "template"

    def apply_chat_template(self, messages: list[dict[str, str]], **_: Any) -> dict[str, list[int]]:
        if messages[0]["role"] == "system" and not self.takes_system:
            raise TemplateError("System role not supported")
        return {"input_ids": [ord(sign) for sign in "|".join(message["content"] for message in messages)]}


def as_text(ids: list[int]) -> str:
    return "".join(map(chr, ids))


def test_the_models_own_template_is_used() -> None:
    assert as_text(chat_token_ids(StubTokenizer(True), CHAT)) == "Be brief.|Hello"


def test_a_template_without_a_system_role_gets_its_text_with_the_users() -> None:
    assert as_text(chat_token_ids(StubTokenizer(False), CHAT)) == "Be brief.\n\nHello"


def test_a_tokenizer_without_a_template_is_refused() -> None:
    tokenizer = StubTokenizer(True)
    tokenizer.chat_template = ""
    with pytest.raises(ModelError, match="chat template"):
        require_chat_template(tokenizer, "base-model")
