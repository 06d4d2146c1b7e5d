"""An expression is parsed once, and a history has what those of a call came to."""

import subprocess
import sys
from typing import Final

COUNTED: Final = """
import sys
from jsonata.tokenizer import Tokenizer
made = []
begin = Tokenizer.__init__
def counted(self, *more):
    made.append(more)
    begin(self, *more)
Tokenizer.__init__ = counted
if "patched" in sys.argv:
    from wild_rydes_saga.emulator.patches import patch_all
    patch_all()
from ministack.services.stepfunctions import _evaluate_jsonata
for number in range(3):
    assert _evaluate_jsonata("$states.input.a & 'b'", {"a": str(number)}) == f"{number}b"
print(len(made))
"""
EXPRESSION: Final = (
    "$join($map([1..40], function($n) { $string($n * $states.input.factor) }), ',') & $states.input.name"
)


def parses(*how: str) -> int:
    """How often one expression is parsed that is evaluated three times."""
    done = subprocess.run([sys.executable, "-c", COUNTED, *how], capture_output=True, encoding="utf-8", check=True)
    return int(done.stdout)


def test_an_expression_is_parsed_once() -> None:
    assert parses("patched") == 1


def test_the_patch_of_parsing_is_still_needed() -> None:
    assert parses() == 3


SHARED: Final = f"""
from concurrent.futures import ThreadPoolExecutor
from wild_rydes_saga.emulator.patches import patch_all
patch_all()
from ministack.services.stepfunctions import _ExecutionError, _evaluate_jsonata
def one(number):
    return _evaluate_jsonata({EXPRESSION!r}, {{"factor": number, "name": str(number)}})
with ThreadPoolExecutor(8) as pool:
    for number, found in enumerate(pool.map(one, range(200))):
        assert found == ",".join(str(n * number) for n in range(1, 41)) + str(number), (number, found)
for _ in range(2):
    try:
        _evaluate_jsonata("$states.(", {{}})
    except _ExecutionError as error:
        print(error.error)
"""


def test_executions_at_once_share_an_expression_and_no_value() -> None:
    """Also an expression that is refused is refused each time."""
    done = subprocess.run([sys.executable, "-c", SHARED], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.split() == ["States.QueryEvaluationError"] * 2


CALLED: Final = """
import json, sys
if "patched" in sys.argv:
    from wild_rydes_saga.emulator.patches import patch_all
    patch_all()
from ministack.services import stepfunctions
stepfunctions._invoke_resource = lambda *_: {}
languages = {
    "JSONata": {"Arguments": {"Payload": {"fareId": "{% $states.input.fareId %}"}}},
    "JSONPath": {"Parameters": {"Payload": {"fareId.$": "$.fareId"}}},
}
for language, asked in languages.items():
    state = {"Type": "Task", "QueryLanguage": language, "Resource": "arn:aws:states:::lambda:invoke", **asked}
    state["End"] = True
    execution = {"events": []}
    context = {"State": {"Name": "Do"}, "Execution": {}, "StateMachine": {"Name": "m"}}
    stepfunctions._execute_task(state, {"fareId": "wr_1"}, execution, context)
    print(*[event["taskScheduledEventDetails"].get("parameters") for event in execution["events"][:1]])
"""


def arguments_in_histories(*how: str) -> list[str]:
    """What the history says that a call was given, in each language."""
    done = subprocess.run([sys.executable, "-c", CALLED, *how], capture_output=True, encoding="utf-8", check=True)
    return done.stdout.splitlines()


def test_a_history_has_what_a_call_was_given() -> None:
    assert arguments_in_histories("patched") == ['{"Payload": {"fareId": "wr_1"}}'] * 2


def test_the_patch_of_histories_is_still_needed() -> None:
    assert arguments_in_histories() == ["None"] * 2
