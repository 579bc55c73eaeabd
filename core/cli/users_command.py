"""`users`: who may sign in to the dashboard. Works while it runs, and takes effect at once."""

from __future__ import annotations

import argparse
import getpass
import sys
from dataclasses import replace
from typing import Protocol, TypeAlias

from core.access.passwords import PasswordHash, hash_password
from core.access.roles import Role
from core.access.users import User, UserFile
from core.cli.output import Console, Result
from core.config import Config
from core.errors import AccessError
from core.i18n import Translator
from core.records import Message

_Actions: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class _Adder(Protocol):
    def __call__(self, name: str, parent: _Actions) -> argparse.ArgumentParser: ...


def add_users_options(actions: _Actions, add: _Adder, t: Translator) -> None:
    """The actions of `users` and their options. A password is never an option: others could read it there."""
    for action in ("add", "password", "role", "remove"):
        parser = add(action, actions)
        parser.add_argument("name", metavar="NAME", help=t("access.help_name"))
        if action in ("add", "role"):
            parser.add_argument("--role", type=Role, choices=list(Role), required=True, help=t("access.help_role"))
        if action == "add":
            parser.add_argument("--no-password", action="store_true", help=t("access.help_no_password"))
    add("list", actions)


def users(config: Config, options: argparse.Namespace, console: Console) -> Result:
    """`users add|password|role|remove NAME` and `users list`. Raises AccessError."""
    file = UserFile(config.users_path)
    if options.users == "list":
        lines = [f"{user.name}  {console.t(f'access.role.{user.role}')}" for user in file.list()]
        return Result({"users": [_values(user) for user in file.list()]}, lines)
    if options.users == "remove":
        _keep_an_administrator(file, options.name, None)
        file.remove(options.name)
        return _done("removed", options.name, console)
    if options.users == "add":
        password = None if options.no_password else _ask_password(options.name, console)
        file.add(User(options.name, options.role, password))
        role = Message(f"access.role.{options.role}")
        sentence = console.t("access.added", name=options.name, role=role)
        return Result({"name": options.name, "role": options.role.value}, [sentence])
    user = file.find(options.name)
    if user is None:
        raise AccessError("access.no_user", name=options.name)
    if options.users == "role":
        _keep_an_administrator(file, options.name, options.role)
        file.replace(replace(user, role=options.role))
    else:
        file.replace(replace(user, password=_ask_password(options.name, console)))
    return _done("changed", user.name, console)


def _done(what: str, name: str, console: Console) -> Result:
    return Result({"name": name}, [console.t(f"access.{what}", name=name)])


def _keep_an_administrator(file: UserFile, name: str, role: Role | None) -> None:
    """Raises AccessError when nobody could change anything any more."""
    user = file.find(name)
    others = [it for it in file.list() if it.role is Role.ADMINISTRATOR and it != user]
    is_last = user is not None and user.role is Role.ADMINISTRATOR and not others
    if is_last and role is not Role.ADMINISTRATOR and len(file.list()) > 1:
        raise AccessError("access.last_administrator", name=name)


def _ask_password(name: str, console: Console) -> PasswordHash:
    """From the terminal, unseen and twice; without one, the first line of standard input."""
    if sys.stdin.isatty():
        given = getpass.getpass(console.t("access.ask_password", name=name))
        if getpass.getpass(console.t("access.ask_again")) != given:
            raise AccessError("access.passwords_differ")
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise AccessError("access.no_password_given")
    return hash_password(given)


def _values(user: User) -> dict[str, str]:
    return {"name": user.name, "role": user.role.value, "way": "password" if user.password else "institution"}
