"""CloudFormation's functions, worked out as far as the template says; stand-ins that show what is meant for the rest.

A stand-in is text such as `${Charge.Arn}`. It holds no quote and no backslash, so that JSON around it stays JSON.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

REGION: Final = "us-east-1"
ACCOUNT: Final = "123456789012"
_PSEUDO: Final = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::URLSuffix": "amazonaws.com",
}
_NO_VALUE: Final = {"Ref": "AWS::NoValue"}
_VARIABLE: Final = re.compile(r"\$\{(![^}]*|[^${}]*)\}")
_NOT_IN_A_STAND_IN: Final = re.compile(r"[^\w:.,/-]+")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def object_in(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object that a field holds; an empty one if it holds none."""
    found = holder.get(name)
    return found if isinstance(found, Mapping) else {}


def section(template: Mapping[str, Any], name: str) -> dict[str, Mapping[str, Any]]:
    """The objects in a section of a template."""
    return {name: one for name, one in object_in(template, name).items() if isinstance(one, Mapping)}


def as_number(value: Any) -> float | None:
    """A number, or text that is one, as a number; None for anything else."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


@dataclass(frozen=True)
class Intrinsics:
    """Works functions out.

    Attributes:
        parameters: The template's Parameters. A Default stands for its parameter, unless it is
            a secret (NoEcho) or only the name of where the value lies (in the Systems Manager).
        substitutions: What stands for `${Name}` in literal text: DefinitionSubstitutions, worked out already.
    """

    parameters: Mapping[str, Mapping[str, Any]]
    substitutions: Mapping[str, Any] = field(default_factory=dict)

    def value(self, value: Any) -> Any:
        """What a value of the template becomes. Numbers stay numbers, where nothing is written around them."""
        if isinstance(value, str):
            return self._literal(value)
        if isinstance(value, list):
            return [self.value(one) for one in value if one != _NO_VALUE]
        if not isinstance(value, Mapping):
            return value
        first = str(next(iter(value), ""))
        if len(value) == 1 and (first == "Ref" or first.startswith("Fn::")):
            return self._result(first, value[first])
        return {self.text(name): self.value(one) for name, one in value.items() if one != _NO_VALUE}

    def text(self, value: Any) -> str:
        """What a value of the template becomes inside of text."""
        return _text(self.value(value))

    def _result(self, function: str, argument: Any) -> Any:
        result: Any
        match function, argument:
            case "Ref", str():
                result = self._reference(argument)
            case "Fn::GetAtt", [str(), attribute]:
                result = _stand_in(f"{argument[0]}.{self.text(attribute)}")
            case "Fn::GetAtt", str():
                result = _stand_in(argument)
            case "Fn::Join", [str(separator), parts]:
                values = self.value(parts)
                result = separator.join(_text(one) for one in (values if isinstance(values, list) else [values]))
            case "Fn::Sub", str():
                result = self._filled(argument, {})
            case "Fn::Sub", [str(text), Mapping() as variables]:
                result = self._filled(text, {name: self.text(one) for name, one in variables.items()})
            case "Fn::ToJsonString", _:
                result = json.dumps(self.value(argument))
            case _:
                result = _stand_in(f"{function}:{self.text(argument)}")
        return result

    def _reference(self, name: str) -> Any:
        if name in _PSEUDO:
            return _PSEUDO[name]
        parameter = self.parameters.get(name, {})
        kind, default = str(parameter.get("Type")), parameter.get("Default")
        hidden = str(parameter.get("NoEcho")).lower() == "true" or kind.startswith("AWS::SSM::")
        if default is None or hidden:
            return _stand_in(name)
        if kind == "CommaDelimitedList" or kind.startswith("List<"):
            return str(default).split(",")
        number = as_number(default) if kind == "Number" else None
        return default if number is None else number

    def _filled(self, text: str, variables: Mapping[str, str]) -> str:
        def one(found: re.Match[str]) -> str:
            name = found[1]
            if name.startswith("!"):
                return _text(self._literal(f"${{{name[1:]}}}"))
            return variables[name] if name in variables else _text(self._reference(name))

        return _VARIABLE.sub(one, text)

    def _literal(self, text: str) -> Any:
        whole = _VARIABLE.fullmatch(text)
        if whole and whole[1] in self.substitutions:
            return self.substitutions[whole[1]]
        return _VARIABLE.sub(
            lambda found: _text(self.substitutions[found[1]]) if found[1] in self.substitutions else found[0], text
        )


def _stand_in(meant: str) -> str:
    return f"${{{_NOT_IN_A_STAND_IN.sub('', meant)}}}"


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(_text(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value)
