"""The fields that each type of state may have, in JSONPath and in JSONata.

Source: "Amazon States Language" in the developer guide of Step Functions, the pages of the states and of their fields.
"""

from collections.abc import Mapping
from typing import Any, Final

_JSONPATH: Final = "JSONPath"
_ANY: Final = frozenset({"Type", "Comment", "QueryLanguage"})
_FLOW: Final = frozenset({"Next", "End"})
_ERRORS: Final = frozenset({"Retry", "Catch"})
_PATHS: Final = frozenset({"InputPath", "OutputPath"})
_RESULT: Final = frozenset({"Parameters", "ResultPath"})
_SELECTED: Final = frozenset({"ResultSelector"})
_TOLERATED: Final = frozenset({"ToleratedFailurePercentage", "ToleratedFailureCount"})

_EITHER: Final = {
    "Task": _FLOW | _ERRORS | {"Resource", "TimeoutSeconds", "HeartbeatSeconds", "Credentials", "Assign"},
    "Pass": _FLOW | {"Assign"},
    "Choice": frozenset({"Choices", "Default", "Assign"}),
    "Wait": _FLOW | {"Seconds", "Timestamp", "Assign"},
    "Succeed": frozenset[str](),
    "Fail": frozenset({"Error", "Cause"}),
    "Parallel": _FLOW | _ERRORS | {"Branches", "Assign"},
    "Map": _FLOW
    | _ERRORS
    | _TOLERATED
    | {
        "ItemProcessor",
        "ItemReader",
        "ItemSelector",
        "ItemBatcher",
        "ResultWriter",
        "MaxConcurrency",
        "Label",
        "Assign",
    },
}
_ONLY_JSONPATH: Final = {
    "Task": _PATHS | _RESULT | _SELECTED | {"TimeoutSecondsPath", "HeartbeatSecondsPath"},
    "Pass": _PATHS | _RESULT | {"Result"},
    "Choice": _PATHS,
    "Wait": _PATHS | {"SecondsPath", "TimestampPath"},
    "Succeed": _PATHS,
    "Fail": frozenset({"ErrorPath", "CausePath"}),
    "Parallel": _PATHS | _RESULT | _SELECTED,
    "Map": _PATHS
    | _RESULT
    | _SELECTED
    | {"Iterator", "ItemsPath", "MaxConcurrencyPath"}
    | {f"{name}Path" for name in _TOLERATED},
}
_ONLY_JSONATA: Final = {
    "Task": frozenset({"Arguments", "Output"}),
    "Parallel": frozenset({"Arguments", "Output"}),
    "Map": frozenset({"Items", "Output"}),
    "Fail": frozenset[str](),
}
TYPES: Final = tuple(_EITHER)
"""The types of states."""
OF_A_MACHINE: Final = frozenset(
    {"StartAt", "States", "Comment", "Version", "TimeoutSeconds", "QueryLanguage", "ProcessorConfig"}
)
_OF_A_RETRIER: Final = frozenset(
    {"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy", "Comment"}
)


_KINDS_OF_VALUES: Final = ("Boolean", "Numeric", "String", "Timestamp")
_ORDERED: Final = ("Equals", "GreaterThan", "GreaterThanEquals", "LessThan", "LessThanEquals")
_COMPARES: Final = frozenset(
    [f"{kind}{how}{path}" for kind in _KINDS_OF_VALUES[1:] for how in _ORDERED for path in ("", "Path")]
    + ["BooleanEquals", "BooleanEqualsPath", "StringMatches", "IsNull", "IsPresent"]
    + [f"Is{kind}" for kind in _KINDS_OF_VALUES]
)
_OF_A_CHOICE: Final = _COMPARES | {"Variable", "And", "Or", "Not", "Next", "Assign", "Comment"}
_OF_A_CHOICE_IN_JSONATA: Final = frozenset({"Condition", "Next", "Assign", "Output", "Comment"})


def of_a_choice(language: str) -> frozenset[str]:
    """The fields of an entry of Choices, and of what And, Or and Not hold."""
    return _OF_A_CHOICE if language == _JSONPATH else _OF_A_CHOICE_IN_JSONATA


def of_a_state(body: Mapping[str, Any], language: str) -> frozenset[str]:
    """The fields that a state of this type may have."""
    own = (
        _ONLY_JSONPATH[body["Type"]]
        if language == _JSONPATH
        else _ONLY_JSONATA.get(body["Type"], frozenset({"Output"}))
    )
    return _ANY | _EITHER[body["Type"]] | own


def of_the_other_language(body: Mapping[str, Any], language: str) -> frozenset[str]:
    """The fields that it could have in the other language."""
    return of_a_state(body, "JSONata" if language == _JSONPATH else _JSONPATH)


def of_an_entry(field: str, language: str) -> frozenset[str]:
    """The fields of an entry of Retry or Catch."""
    result = "ResultPath" if language == _JSONPATH else "Output"
    return {"Retry": _OF_A_RETRIER, "Catch": frozenset({"ErrorEquals", "Next", "Assign", "Comment", result})}[field]
