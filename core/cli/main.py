"""Runs one verb: exit code 0 done, 1 a sentence about what is wrong, 2 wrong usage."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence

from core.cli import data_commands, job_commands, release_commands, system_commands
from core.cli.calibrate_command import calibrate
from core.cli.lift_command import lift
from core.cli.output import Console, Result, write_result
from core.cli.parser import build_parser
from core.cli.profile_command import profile
from core.cli.replay_command import replay
from core.cli.students_command import students
from core.cli.users_command import users
from core.config import load_config, system_locale
from core.errors import CourseLiftError
from core.i18n import Translator, choose_language
from core.pipeline.application import Application

Command = Callable[[Application, argparse.Namespace, Console], Result]

_COMMANDS: Mapping[str, Command] = {
    "intake": data_commands.intake,
    "triage": data_commands.triage,
    "enhance": job_commands.enhance,
    "resume": job_commands.resume,
    "approve": data_commands.approve,
    "lift": lift,
    "publish": release_commands.publish,
    "rollback": release_commands.rollback,
    "releases": release_commands.releases,
    "audit": release_commands.audit,
    "embed": job_commands.embed,
    "recommend": data_commands.recommend,
    "explain": data_commands.explain,
    "replay": replay,
    "export": data_commands.export,
    "status": data_commands.status,
    "backup": system_commands.backup,
    "students": students,
    "calibrate": calibrate,
    "profile": profile,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the verb that the arguments (default: of the process) name; returns the exit code."""
    language = choose_language(system_locale().replace("_", "-"))
    options = build_parser(Translator(language)).parse_args(arguments)
    console = Console(Translator(getattr(options, "lang", language)))
    as_json = getattr(options, "json", False)
    try:
        result = _run(options, console)
    except CourseLiftError as error:
        sentence = console.t.message(error.message)
        if not as_json:
            console.say(sentence)
        result = Result({"error": sentence}, exit_code=1)
    finally:
        console.close()
    write_result(result, as_json)
    return result.exit_code


def _run(options: argparse.Namespace, console: Console) -> Result:
    config = load_config()
    if options.verb == "models":
        return system_commands.models(config, options, console)
    if options.verb == "users":
        return users(config, options, console)
    if options.verb == "restore":
        return system_commands.restore(config, options, console)
    if options.verb == "verify":
        return system_commands.verify(config, options, console)
    with Application(config, watch_jobs=False) as app:
        return _COMMANDS[options.verb](app, options, console)
