"""What a learner reads of sagalint speaks of the machine, and not of the plan, which the lab has made."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT
from wild_rydes_saga.lab.text.sentences import without_plan

PLAN = re.compile(r"\bplan\b")
OF_OTHER_PLANS = ("recoveries.py",)
"""Files with sentences that no learner reads: the lab's plan takes no executions over."""


def sentences() -> Iterator[str]:
    """Every message and fix of the rules that speaks of a plan, with a name in place of what is computed."""
    for file in sorted((ROOT / "sagalint" / "rules").rglob("*.py")):
        if file.name not in OF_OTHER_PLANS:
            yield from filter(PLAN.search, written_in(ast.parse(file.read_text(encoding="utf-8"))))


def written_in(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Expr(value=ast.Constant()) | ast.keyword(arg="statement" | "consequence"):
            return
        case ast.Call(args=[ast.Name(id="PLAN_UNKNOWN_STATE"), *_]):
            return
        case ast.Call(keywords=[ast.keyword(arg="id", value=ast.Constant(value="plan-unknown-state")), *_]):
            return
        case ast.JoinedStr():
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "Some" for part in node.values)
        case ast.Constant(value=str(text)):
            yield text
        case _:
            for child in ast.iter_child_nodes(node):
                yield from written_in(child)


def test_no_sentence_for_a_learner_speaks_of_the_plan() -> None:
    found = list(sentences())
    assert len(found) >= 8
    assert [text for text in map(without_plan, found) if PLAN.search(text) or len(text.split()) < 3] == []


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (
            "give Pay a compensation that every failure leads to; if it needs none, say why in "
            "uncompensated_because in the plan",
            "give Pay a compensation that every failure leads to",
        ),
        ("let Undo run before Pay, or change their order in the plan", "let Undo run before Pay"),
        ("Let each way to a success pass every action of the plan.", "Let each way to a success pass every action."),
        ("catch States.ALL, and lead to a Fail state", "catch States.ALL, and lead to a Fail state"),
        ("the plan knows only A, B of what its function raises", "its function raises only A, B"),
    ],
)
def test_what_is_left_of_a_sentence_is_a_sentence(said: str, read: str) -> None:
    assert without_plan(said) == read
