"""What a check reads: documents in JSON, or in YAML, which a module of its own reads."""

import functools
import json
import re
from pathlib import Path
from typing import Any, Final, NoReturn

from sagalint.definition.refusals import Repeating
from sagalint.input_error import InputError

_STRING_OR_OPEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|(?P<open>\$\{[^{}"]*\})')
"""A string as it is, or a reference outside of any."""
TEMPLATES: Final = (".tpl", ".tftpl", ".tmpl")
"""How the names of files end in which Terraform, or something like it, fills in what is open."""
_DIRECTIVE: Final = re.compile(r"%\{[^}]*\}")
REFERENCE: Final = re.compile(r"\$\{([^{}]*)\}")
"""What something fills in: `${var.name}`."""
_LEVELS: Final = 4
"""How deep braces may lie in a reference: `${jsonencode([{ Name = "a" }])}` has one level."""
_IN_BRACES: Final = functools.reduce(lambda inner, _: rf"(?:[^{{}}]|\{{{inner}\}})*", range(_LEVELS), "[^{}]*")
_OPEN_VALUE: Final = re.compile(rf"\$\{{({_IN_BRACES})\}}")
_NEAR: Final = 200
"""How far before a reference the character lies that says whether it stands for a value, at most."""
_KEY: Final = re.compile(r"""\[["']([^"'\]]*)["']\]""")
_NOT_LEGIBLE: Final = re.compile(r"[^\w.:,/-]+")


def read_document(path: Path) -> Any:
    """Reads a JSON or a YAML file: JSON if its name ends in .json or it begins with a bracket, else YAML.

    CloudFormation's short tags are read as their long forms: `!GetAtt Table.Arn` as `{"Fn::GetAtt": ["Table", "Arn"]}`.

    Raises:
        InputError: It cannot be read, is empty, or is neither. Nothing of its content is quoted.
    """
    return parse_document(path, read_text(path))


def parse_document(path: Path, text: str) -> Any:
    """Reads the text of a file; see `read_document`."""
    return parse_json(text, str(path)) if is_json(path, text) else parse_yaml(text, str(path))


def legible(text: str) -> str:
    """Text with each reference shortened to what JSON can hold, and without what decides which parts are there.

    Guarantee: what follows a reference stays in its line.
    """
    return _OPEN_VALUE.sub(_legible, _DIRECTIVE.sub("", text))


def _legible(found: re.Match[str]) -> str:
    before = found.string[max(0, found.start() - _NEAR) : found.start()].rstrip()
    lines = found[1].count("\n") if before.endswith((":", ",", "[")) else 0  # in a string, JSON allows none
    return opened(found[1]) + "\n" * lines


def opened(text: str) -> str:
    """A reference to what is not known, as text that JSON can hold."""
    dotted = _KEY.sub(r".\1", text)
    return f"${{{_NOT_LEGIBLE.sub('', dotted)}}}"


def read_text(path: Path) -> str:
    """Reads a text file, with or without a byte order mark; of a template, in the form in which it is legible.

    Raises:
        InputError: It cannot be read, is not UTF-8, or is empty.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist: check its path") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a directory: name a file in it") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8: name a text file, or save this one as UTF-8") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no file can be called so"
        raise InputError(f"{path} cannot be read ({why}): check its path and who may read it") from None
    if not text.strip():
        raise InputError(f"{path} is empty: name a file with JSON or YAML in it")
    return legible(text) if path.suffix in TEMPLATES else text


def is_json(path: Path, text: str) -> bool:
    """Whether a file's text is to be read as JSON."""
    return path.suffix.lower() == ".json" or text.lstrip().startswith(("{", "["))


def parse_json(text: str, name: str, fix: str = "correct it there") -> Any:
    """Reads JSON. A reference outside of a string, such as `"TimeoutSeconds": ${Timeout}`, becomes text.

    Args:
        text: The JSON.
        name: What the text is, for the error.
        fix: What to do if it is none, for the error.

    Raises:
        InputError: It is not JSON.
    """
    try:
        return json.loads(quoted(text), parse_constant=_refuse_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        where = f"{error.msg.rstrip(': ')} in line {error.lineno}, column {error.colno}"
        raise InputError(f"{name} is not JSON ({where}): {fix}") from None
    except RecursionError:
        raise InputError(f"{name} is nested too deeply: take levels away") from None
    except ValueError:
        raise InputError(f"{name} has a number that JSON cannot hold: write it in digits, and fewer") from None


def parse_yaml(text: str, name: str) -> Any:
    """Reads one YAML document; see `sagalint.inputs.yaml_documents`."""
    from sagalint.inputs.yaml_documents import parse_yaml as parse  # noqa: PLC0415 # slow to import, and seldom needed

    return parse(text, name)


def quoted(text: str) -> str:
    """The text with quotes around each reference that stands where a number could."""
    if "${" not in text:
        return text
    return _STRING_OR_OPEN.sub(lambda found: f'"{found[0]}"' if found["open"] else found[0], text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    return made if len(made) == len(pairs) else Repeating(pairs)


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError
