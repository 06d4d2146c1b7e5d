"""The command `verify`: proves a state machine against a plan, and reports what does not hold."""

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from sagalint import verify
from sagalint.definition.documents import read_document, read_text
from sagalint.definition.templates import machine_in
from sagalint.guess.plan import guess_plan
from sagalint.input_error import InputError
from sagalint.plan import Plan, SagaPlanError
from sagalint.report.checked import CheckedMachine
from sagalint.report.formats import as_json, as_sarif, as_text
from sagalint.report.html import proof_page

NOTHING_FOUND: Final = 0
FOUND: Final = 1
NOT_VERIFIED: Final = 2

_FORMATS: Final = {"text": as_text, "json": as_json, "sarif": as_sarif}
_HELP: Final = """\
Proves, before anything is deployed, that a state machine keeps a saga's promises: whatever fails, and wherever,
everything that was done or may have been is undone, once, newest first, and exactly one outcome is told.
Every path is followed: each task done, failed cleanly, or in doubt, with every error that it can raise."""
_EXAMPLES: Final = """\
exit codes: 0 nothing was found, 1 something was, 2 it could not be verified (the message says why)

examples:
  verify machine.asl.json --guess plan.json                 write a first plan to correct, and verify against it
  verify machine.asl.json --plan plan.json --html out.html  and draw each story
  verify --template cdk.out/Stack.template.json --machine FareSaga --plan cdk.out/Stack.plan.json
  verify machine.asl.json --plan plan.json --format sarif --output verify.sarif"""


@dataclass(frozen=True)
class _Machine:
    """A machine as it was given."""

    name: str
    source: Path
    definition: Mapping[str, Any]
    function_timeouts: Mapping[str, float]


def add_verify(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command to those of the command line."""
    parser = commands.add_parser(
        "verify",
        help="prove that a state machine keeps a saga's promises",
        description=_HELP,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    machine = parser.add_mutually_exclusive_group(required=True)
    machine.add_argument("file", type=Path, nargs="?", metavar="FILE", help="the machine in ASL, as JSON or YAML")
    machine.add_argument(
        "--template", type=Path, metavar="FILE", help="a CloudFormation or SAM template that has the machine"
    )
    parser.add_argument("--machine", metavar="NAME", help="which one of the template: its logical id, name or path")
    plan = parser.add_mutually_exclusive_group(required=True)
    plan.add_argument("--plan", type=Path, metavar="FILE", help="what its states are in the saga, as JSON")
    plan.add_argument(
        "--guess", nargs="?", type=Path, const=Path(), metavar="OUT", help="guess a plan, and write it to OUT if given"
    )
    parser.add_argument("--format", choices=_FORMATS, default="text", help="of the report (%(default)s)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="for the report (the terminal)")
    parser.add_argument("--html", type=Path, metavar="FILE", help="a page with a picture of each story")


def prove(console: Console, arguments: argparse.Namespace) -> int:
    """Verifies what the arguments name; returns the exit code."""
    told = Console(stderr=True, highlight=False)
    try:
        proved = _proved(told, arguments)
        report = _FORMATS[arguments.format](proved)
        if arguments.output:
            arguments.output.write_text(report)
            told.print(f"{_summary(proved)}; the report is in {arguments.output}", markup=False, soft_wrap=True)
        else:
            console.print(report, markup=False, soft_wrap=True, end="")
        if arguments.html:
            arguments.html.write_text(proof_page(proved))
            told.print(f"The stories are drawn in {arguments.html}", markup=False, soft_wrap=True)
    except (InputError, SagaPlanError) as error:
        told.print(f"error: {error}", style="red", markup=False, soft_wrap=True)
        return NOT_VERIFIED
    except OSError as error:
        told.print(f"error: {error.filename}: {error.strerror}", style="red", markup=False, soft_wrap=True)
        return NOT_VERIFIED
    return FOUND if proved.report.findings else NOTHING_FOUND


def _proved(told: Console, arguments: argparse.Namespace) -> CheckedMachine:
    machine = _machine(arguments)
    plan = _guessed(told, machine, arguments.guess) if arguments.plan is None else _plan(arguments.plan)
    plan = plan.with_timeouts(machine.function_timeouts)
    return CheckedMachine(machine.name, machine.source, machine.definition, plan, verify(machine.definition, plan))


def _machine(arguments: argparse.Namespace) -> _Machine:
    if arguments.template:
        template: Path = arguments.template
        found = machine_in(read_document(template), arguments.machine, template.parent)
        return _Machine(found.name, template, found.definition, found.function_timeouts)
    if arguments.machine:
        raise InputError("--machine names one of a template's machines: give the template with --template")
    file: Path = arguments.file
    return _Machine(file.name.partition(".")[0], file, read_document(file), {})


def _plan(path: Path) -> Plan:
    try:
        return Plan.from_json(read_text(path))
    except SagaPlanError as error:
        raise InputError(f"{path}: {error}") from None


def _guessed(told: Console, machine: _Machine, out: Path) -> Plan:
    guess = guess_plan(machine.definition)
    told.print("This plan is a guess. Look through it, correct it, and give it with --plan:", style="yellow")
    for doubt in guess.doubts:
        told.print(f"  - {doubt}", markup=False, soft_wrap=True)
    if out != Path():
        if out.exists():
            raise InputError(f"{out} is there already: name another file for the guessed plan")
        out.write_text(json.dumps(_as_written(guess.plan), indent=2) + "\n")
        told.print(f"It is written to {out}.", markup=False, soft_wrap=True)
    told.print()
    return guess.plan


def _as_written(plan: Plan) -> dict[str, Any]:
    """A plan without the fields that say nothing. A secret that no state may have says something."""
    data = _said(json.loads(plan.to_json()))
    steps = [_said(step) for step in data["steps"]]
    for step in steps:
        if "clean_failures" in step:
            step["clean_failures"] = [_said(failure) for failure in step["clean_failures"]]
    return {**data, "steps": steps}


def _said(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, [], {}, False)}


def _summary(proved: CheckedMachine) -> str:
    count = len(proved.report.findings)
    return f"{proved.name}: {count} finding{'' if count == 1 else 's'}" if count else f"{proved.name}: nothing found"
