"""Finds every state machine that a path leads to: tell apart the kinds of files, and go through folders."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sagalint.input_error import InputError
from sagalint.inputs.documents import TEMPLATES, parse_document, read_text
from sagalint.inputs.lines import Place
from sagalint.inputs.sources import Found, NotRead, Source

_SUFFIXES: Final = (".json", ".yaml", ".yml", ".asl", ".tf", ".template", *TEMPLATES)
_SKIPPED: Final = ("node_modules", "__pycache__", "venv")
_MAY_HAVE_A_MACHINE: Final = re.compile(r"StartAt|StateMachine|stateMachines|stepFunctions|aws_sfn_state_machine")
_LOOKS_LIKE_A_MACHINE: Final = re.compile(r"[\"']?StartAt[\"']?\s*[:=]")


def found_at(path: Path) -> list[Found]:
    """Every state machine that a path leads to, and what should be one and cannot be read.

    Raises:
        InputError: The path leads to nothing that can be read, or to no state machine. Says why.
    """
    if not path.is_dir():
        return _in_file(path)
    found = [one for file in _files(path) for one in _in_file_of_folder(file)]
    # A file that a template names is that template's machine, with its references filled in.
    named = {one.place.path.resolve() for one in found if isinstance(one, Source) and one.found_in}
    kept = [one for one in found if not (_stands_alone(one) and _path(one).resolve() in named)]
    if not any(isinstance(one, Source) or not one.elsewhere for one in kept):
        raise InputError(
            f"{path} has no state machine: name a folder with ASL, a template, serverless.yml or Terraform files in "
            "it; of a CDK app, the cdk.out folder that `cdk synth` writes"
        )
    return kept


def _in_file(path: Path) -> list[Found]:
    text = read_text(path)
    if path.suffix == ".tf":
        return _at_least_one(path, [*_in_terraform(path, text)], "resource of type aws_sfn_state_machine")
    document = parse_document(path, text)
    if _is_machine(document):
        return [Source(path.name.partition(".")[0], Place(path), document)]
    for fits, finds, what in _KINDS:
        if isinstance(document, Mapping) and fits(document):
            return _at_least_one(path, [*finds(path, document)], what)
    raise InputError(
        f'{path} is neither a state machine nor a template: it has neither "States" nor "Resources" (CloudFormation, '
        'SAM), "stepFunctions" (serverless.yml), or the output of `terraform show -json`'
    )


def _at_least_one(path: Path, found: list[Found], what: str) -> list[Found]:
    if not found:
        raise InputError(f"{path} has no state machine: no {what} is in it")
    return found


def _in_file_of_folder(path: Path) -> list[Found]:
    """The same for a file that nobody named: what has nothing to do with state machines is passed over."""
    try:
        text = read_text(path)
    except InputError:
        return []
    if not _MAY_HAVE_A_MACHINE.search(text):
        return []
    try:
        return _in_file(path)
    except InputError as error:
        unreadable = _LOOKS_LIKE_A_MACHINE.search(text) and "States" in text and "is neither a state" not in str(error)
        return [NotRead(path, str(error))] if unreadable and "has no state machine" not in str(error) else []


def _files(folder: Path) -> Iterator[Path]:
    """The files of a folder that can have a machine; of a cdk.out folder, its templates."""
    if any((folder / name).is_file() for name in ("cdk.out", "manifest.json")):
        yield from sorted(folder.glob("*.template.json"))
        for stage in sorted(folder.glob("assembly-*")):
            yield from _files(stage)
        return
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        if entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith(".") and entry.name not in _SKIPPED:
                yield from _files(Path(entry.path))
        elif entry.name.endswith(_SUFFIXES) and not entry.name.endswith(".plan.json"):
            yield Path(entry.path)


def _is_machine(document: Any) -> bool:
    if not isinstance(document, Mapping) or "Resources" in document:
        return False
    return isinstance(document.get("States"), Mapping) or "StartAt" in document


def _stands_alone(found: Found) -> bool:
    return isinstance(found, NotRead) or not found.found_in


def _path(found: Found) -> Path:
    return found.path if isinstance(found, NotRead) else found.place.path


# What a kind of file needs is imported with the first of its files.


def _in_terraform(path: Path, text: str) -> Iterator[Found]:
    from sagalint.inputs.terraform.files import found_in_file  # noqa: PLC0415

    return found_in_file(path, text)


def _in_shown(path: Path, document: Mapping[str, Any]) -> Iterator[Found]:
    from sagalint.inputs.terraform.shown import found_in_shown  # noqa: PLC0415

    return found_in_shown(path, document)


def _in_service(path: Path, document: Mapping[str, Any]) -> Iterator[Found]:
    from sagalint.inputs.serverless import found_in_service  # noqa: PLC0415

    return found_in_service(path, document)


def _of_service(path: Path, document: Mapping[str, Any]) -> Iterator[Found]:
    from sagalint.inputs.serverless import found_alone  # noqa: PLC0415

    return found_alone(path, document)


def _in_template(path: Path, document: Mapping[str, Any]) -> Iterator[Found]:
    from sagalint.inputs.templates import found_in_template  # noqa: PLC0415

    return found_in_template(path, document)


_Kind = tuple[Callable[[Mapping[str, Any]], bool], Callable[[Path, Mapping[str, Any]], Iterator[Found]], str]
_KINDS: Final[tuple[_Kind, ...]] = (
    (
        lambda document: isinstance(document.get("Resources"), Mapping),
        _in_template,
        "resource of type AWS::StepFunctions::StateMachine or AWS::Serverless::StateMachine",
    ),
    (
        lambda document: "stepFunctions" in document or {"service", "provider", "resources"} <= document.keys(),
        _in_service,
        "stepFunctions.stateMachines, and no state machine under resources.Resources",
    ),
    (
        lambda document: (
            bool(document)
            and all(isinstance(one, Mapping) and _is_machine(one.get("definition")) for one in document.values())
        ),
        _of_service,
        "state machine of a serverless.yml",
    ),
    (
        lambda document: "format_version" in document and ("values" in document or "planned_values" in document),
        _in_shown,
        "resource of type aws_sfn_state_machine",
    ),
)
"""The kinds of documents: how each is recognised, what finds its machines, and what it should have."""
