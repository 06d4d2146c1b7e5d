"""cdk-nag finds nothing but what is acknowledged; each acknowledgement is needed, and listed in the docs."""

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
import pytest
from constructs import IConstruct

from lambda_src.payments.gateways import STRIPE
from tests.conftest import ROOT
from tests.stack.conftest import app_of
from wild_rydes_saga.foundation import nag_rules as security
from wild_rydes_saga.foundation.nag_rules import add_security_rules
from wild_rydes_saga.settings import DEFAULT_STACK_NAME

DOCUMENT: Final = ROOT / "docs" / "security.md"
TABLE: Final = re.compile(r"(?<=<!-- acknowledged -->\n).*?(?=<!-- end -->)", re.DOTALL)
PACKS: Final = {"AwsSolutions", "PCI.DSS.321"}
STACKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "workshop": {"stage": "workshop"},
    "production": {"stage": "production"},
    "stripe": {"stage": "production", "gateway": STRIPE},
}
"""The stacks that the rules are applied to, by what `app_of` is asked for."""

Where = tuple[str, str]
"""A rule, and the construct that it is about."""


@dataclass
class Noted:
    """Acknowledgements, noted and not given."""

    reasons: dict[Where, str] = field(default_factory=dict)

    def of(self, construct: IConstruct) -> "Noting":
        """As `Validations.of`."""
        return Noting(self, construct.node.path)


@dataclass
class Noting:
    """The acknowledgements of one construct."""

    noted: Noted
    path: str

    def acknowledge(self, *rules: cdk.Acknowledgment) -> None:
        """As `Validations.acknowledge`."""
        for rule in rules:
            self.noted.reasons[rule.id, self.path] = rule.reason


def found(app: cdk.App, folder: Path) -> set[Where]:
    """What the rules find when the app is synthesised."""
    add_security_rules(app)
    with contextlib.suppress(RuntimeError):  # which says that something was found
        app.synth()
    reports = json.loads((folder / "validation-report.json").read_text(encoding="utf-8"))["pluginReports"]
    assert {one["pluginName"] for one in reports} <= PACKS
    return {
        (violation["ruleName"], construct["constructPath"].removesuffix("/Resource").removesuffix("/Policy"))
        for one in reports
        for violation in one["violations"]
        for construct in violation["violatingConstructs"]
    }


@pytest.mark.parametrize("name", STACKS)
def test_nothing_is_found_but_what_is_acknowledged(name: str, tmp_path: Path) -> None:
    app, _ = app_of(**STACKS[name], outdir=str(tmp_path))
    assert found(app, tmp_path) == set()


@pytest.fixture(scope="module")
def noted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[set[Where], dict[Where, str]]]:
    """By stack, what is found if nothing is acknowledged, and what would have been acknowledged and why."""
    told = {}
    for name, asked in STACKS.items():
        notes, folder = Noted(), tmp_path_factory.mktemp(name)
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(security, "Validations", notes)
            app, _ = app_of(**asked, outdir=str(folder))
        told[name] = (found(app, folder), notes.reasons)
    return told


@pytest.mark.parametrize("name", STACKS)
def test_each_acknowledgement_is_of_a_finding_on_that_very_construct(
    name: str, noted: dict[str, tuple[set[Where], dict[Where, str]]]
) -> None:
    findings, reasons = noted[name]
    assert set(reasons) == findings
    assert {rule.partition("-")[0] for rule, _ in findings} == {"AwsSolutions", "PCI.DSS.321"}


def test_the_docs_list_every_acknowledgement_with_its_reason(
    noted: dict[str, tuple[set[Where], dict[Where, str]]], request: pytest.FixtureRequest
) -> None:
    rows: dict[tuple[str, str], set[str]] = {}
    for _, reasons in noted.values():
        for (rule, path), reason in reasons.items():
            rows.setdefault((plain_rule(rule), reason), set()).add(path.removeprefix("WildRydesSaga/"))
    lines = ["| Rule | Where | Why it stands |", "|---|---|---|"]
    lines += [f"| {rule} | {', '.join(sorted(where))} | {reason} |" for (rule, reason), where in sorted(rows.items())]
    listed = "\n".join(lines) + "\n"
    if request.config.getoption("--snapshot-update"):
        DOCUMENT.write_text(TABLE.sub(lambda _: listed, DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    [there] = TABLE.findall(DOCUMENT.read_text(encoding="utf-8"))
    assert there == listed, "the list is stale: make test ARGS=--snapshot-update"


def plain_rule(rule: str) -> str:
    """A rule as the docs name it: what it is about without CDK's placeholders."""
    return re.sub(r"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:", "", rule).replace(
        DEFAULT_STACK_NAME, "..."
    )


def test_a_finding_fails_the_synthesis(tmp_path: Path) -> None:
    app, stack = app_of("workshop", outdir=str(tmp_path))
    cdk.aws_sqs.Queue(stack, "InTheClear")
    rules = {rule for rule, path in found(app, tmp_path) if path == "WildRydesSaga/InTheClear"}
    assert rules == {"AwsSolutions-SQS3", "AwsSolutions-SQS4"}
