"""The command `sagalint`: checks state machines, and reports what a path through them loses or doubles."""

import argparse
import json
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from sagalint import Report, check
from sagalint.baseline import Baseline
from sagalint.definition.machine import Machine
from sagalint.guess.plan import guess_plan
from sagalint.input_error import InputError
from sagalint.inputs.sources import Source, sources_in
from sagalint.plan import Plan, PlannedStep, SagaPlanError
from sagalint.report.checked import CheckedMachine
from sagalint.report.data import as_json
from sagalint.report.sarif import as_sarif
from sagalint.report.text import as_text, summary
from sagalint.rules.finding import Level
from sagalint.rules.registry import rule_called

NOTHING_FOUND: Final = 0
FOUND: Final = 1
NOT_CHECKED: Final = 2

_HELP: Final = """\
Checks state machines of AWS Step Functions before they are deployed: whatever fails, and wherever, everything that was
done or may have been is undone, once, newest first, and exactly one outcome is reported. Every path is followed."""
_EXAMPLES: Final = """\
exit codes: 0 nothing at or above the level, 1 found, 2 could not check (the message says why)

examples:
  sagalint machine.asl.json --write-plan plan.json   write a first plan, to correct it
  sagalint machine.asl.json --plan plan.json         check against the corrected plan
  sagalint template.yaml cdk.out                     check every machine in templates
  sagalint cdk.out --format sarif --output findings.sarif
  sagalint --explain doubt-not-compensated"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code, and shows no stack trace."""
    given = _parser().parse_args(arguments)
    try:
        if given.explain:
            return _explain(given.explain)
        if not given.paths:
            raise InputError("name what to check: an ASL file, a template, or a cdk.out folder")
        return _run(given)
    except (InputError, SagaPlanError) as error:
        _say(f"error: {error}")
    except OSError as error:
        _say(f"error: {error.filename}: {error.strerror}")
    return NOT_CHECKED


def _run(given: argparse.Namespace) -> int:
    found = [source for path in given.paths for source in sources_in(path)]
    if not found:
        raise InputError(f"{', '.join(str(path) for path in given.paths)}: no state machine was found")
    baseline = Baseline.read(given.baseline) if given.baseline else Baseline()
    machines = [baseline.without(_checked(source, given.plan)) for source in found]
    if given.write_plan:
        _write_plan(given.write_plan, machines)
    report = _formats(_shown(given))[given.format](machines)
    if given.output:
        given.output.write_text(report, encoding="utf-8")
        _say(f"{summary(machines)}; the report is in {given.output}")
    else:
        sys.stdout.write(report)
    fails = Level(given.fail_on)
    reached = (finding.level.reaches(fails) for one in machines for finding in one.report.findings)
    return FOUND if any(reached) else NOTHING_FOUND


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sagalint",
        description=_HELP,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    levels = [level.value for level in Level]
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="ASL (JSON, YAML), a template, or a cdk.out folder"
    )
    parser.add_argument("--plan", type=Path, metavar="FILE", help="what the states are in the saga, as JSON")
    parser.add_argument("--write-plan", type=Path, metavar="FILE", help="write the plan that was used, to correct it")
    parser.add_argument("--format", choices=_FORMATS, default="text", help="of the report (%(default)s)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the report goes (standard output)")
    parser.add_argument("--fail-on", choices=levels, default=Level.ERROR.value, help="exit with 1 from this level on")
    parser.add_argument(
        "--show", choices=levels, help="the least level in text and html (warning, or that of --fail-on)"
    )
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="an earlier JSON report: only new findings count")
    parser.add_argument("--explain", metavar="RULE", help="say what a rule means")
    return parser


def _checked(source: Source, plan_file: Path | None) -> CheckedMachine:
    if not any(state.type == "Task" for state in Machine.read(source.definition).everywhere()):
        nothing = PlannedStep(action=source.definition["StartAt"], uncompensated_because="the machine has no task")
        nothing_to_check = Report((), (), 0, 0.0)
        return CheckedMachine(
            source.name, source.path, source.definition, Plan((nothing,)), nothing_to_check, guessed=True
        )
    plan, guessed = _plan_for(source, plan_file)
    _refuse_unknown_rules(plan)
    plan = plan.with_timeouts(source.function_timeouts)
    return CheckedMachine(
        source.name, source.path, source.definition, plan, check(source.definition, plan), guessed=guessed
    )


def _plan_for(source: Source, plan_file: Path | None) -> tuple[Plan, bool]:
    """The plan that was given, one that lies beside the template, or a guess; and whether it is a guess."""
    if plan_file:
        try:
            return Plan.from_json(plan_file.read_text("utf-8-sig")), False
        except SagaPlanError as error:
            raise InputError(f"{plan_file}: {error}") from None
    if beside := source.plan_beside():
        return beside, False
    guess = guess_plan(source.definition)
    _say(f"{source.name}: the plan is a guess. Correct it with --write-plan, then give it with --plan:")
    for doubt in guess.doubts:
        _say(f"  - {doubt}")
    return guess.plan, True


def _refuse_unknown_rules(plan: Plan) -> None:
    for accepted in plan.accepted:
        try:
            rule_called(accepted.rule)
        except InputError as error:
            raise InputError(f"accepted in the plan: {error}") from None


def _write_plan(path: Path, machines: Sequence[CheckedMachine]) -> None:
    if len(machines) > 1:
        raise InputError("--write-plan writes the plan of one machine: name one")
    if path.exists():
        raise InputError(f"{path} is there already: name another file for the plan")
    path.write_text(json.dumps(_as_written(machines[0].plan), indent=2) + "\n", encoding="utf-8")
    _say(f"The plan is written to {path}.")


def _as_written(plan: Plan) -> dict[str, Any]:
    """A plan without the fields that say nothing. A secret that no state may have says something."""
    data = _said(json.loads(plan.to_json()))
    steps = [_said(step) for step in data["steps"]]
    for step in steps:
        if "clean_failures" in step:
            step["clean_failures"] = [_said(failure) for failure in step["clean_failures"]]
    return {**data, "steps": steps}


def _said(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, [], {}, False)}


def _explain(rule_id: str) -> int:
    rule = rule_called(rule_id)
    texts = (
        f"{rule.id} ({rule.level.value})",
        rule.statement,
        f"If it does not hold: {rule.consequence}",
        f"To fix: {rule.fix}",
    )
    for text in texts:
        sys.stdout.write(textwrap.fill(text, 100) + "\n")
    return NOTHING_FOUND


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def _shown(given: argparse.Namespace) -> Level:
    """The least level that a person gets to read: whatever can fail the check is shown."""
    if given.show:
        return Level(given.show)
    fails = Level(given.fail_on)
    return fails if Level.WARNING.reaches(fails) else Level.WARNING


def _as_html(machines: Sequence[CheckedMachine], show: Level) -> str:
    try:
        from sagalint.report.html import as_html  # noqa: PLC0415  # pictures are an extra, and slow to import
    except ImportError:
        raise InputError("pictures need the extra: pip install 'sagalint[pictures]'") from None
    return as_html(machines, show)


_FORMATS: Final = ("text", "json", "sarif", "html")


def _formats(show: Level) -> Mapping[str, Callable[[Sequence[CheckedMachine]], str]]:
    return {
        "text": partial(as_text, show=show),
        "json": as_json,
        "sarif": as_sarif,
        "html": partial(_as_html, show=show),
    }
