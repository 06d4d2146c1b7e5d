"""The command `sagalint`: checks state machines, and reports what a path through them loses or doubles."""

import argparse
import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from sagalint.baseline import Baseline
from sagalint.input_error import InputError, MissingPackageError
from sagalint.inputs.finder import found_at
from sagalint.inputs.sources import NotRead, Source
from sagalint.own_name import typed
from sagalint.plan import SagaPlanError
from sagalint.plans import Plans
from sagalint.report.checked import CheckedMachine
from sagalint.report.text import as_text, summary
from sagalint.report.written_plan import write_plan
from sagalint.rules.finding import Level

NOTHING_FOUND: Final = 0
FOUND: Final = 1
NOT_CHECKED: Final = 2

_HELP: Final = """\
Checks state machines of AWS Step Functions before they are deployed: whatever fails, and wherever, everything that was
done or may have been is undone, once, newest first, and exactly one outcome is reported. Every path is followed."""
_EXAMPLES: Final = """\
PATH is ASL (JSON or YAML), a CloudFormation, SAM or CDK template, cdk.out, serverless.yml, a Terraform file, the
output of `terraform show -json`, or a folder with any of these. Every machine inside is checked.

exit codes: 0 nothing at or above the level, 1 found, 2 could not check (the message says why)

examples:
  {folder}
      check every machine in this folder
  {write}
      write a first plan, to correct it; it is found by its name
  {sarif}
  {explain}"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code, and shows no stack trace."""
    given = _parser().parse_args(arguments)
    try:
        if given.explain or given.plan_schema:
            _show(_explained(given.explain) if given.explain else _plan_schema())
            return NOTHING_FOUND
        if not given.paths:
            raise InputError("name what to check: an ASL file, a template, or a folder")
        return _run(given)
    except (InputError, SagaPlanError) as error:
        _say(f"error: {error}")
    except OSError as error:
        _say(f"error: {error.filename or 'the output'}: {error.strerror}")
    return NOT_CHECKED


def _run(given: argparse.Namespace) -> int:
    found = [one for path in given.paths for one in found_at(path)]
    sources = [one for one in found if isinstance(one, Source)]
    unread = [one.why for one in found if isinstance(one, NotRead) and (not sources or not one.elsewhere)]
    for one in found:
        if sources and isinstance(one, NotRead) and one.elsewhere:
            _say(f"left out: {one.why}")
    baseline = Baseline.read(given.baseline) if given.baseline else Baseline()
    plans = Plans.of(given.plan, sources)
    machines = []
    for source in sources:
        try:
            machines.append(baseline.without(plans.checked(source, alone=len(sources) == 1)))
        except (InputError, MissingPackageError) as error:
            unread.append(f"{source.place.path}: {source.name}: {error}")
    if machines:
        if given.write_plan:
            write_plan(given.write_plan, machines)
            _say(f"The plan is written to {given.write_plan}.")
        _report(machines, given)
    for why in unread:
        _say(f"error: {why}")
    fails = Level(given.fail_on)
    reached = any(finding.level.reaches(fails) for one in machines for finding in one.findings)
    return NOT_CHECKED if unread else FOUND if reached else NOTHING_FOUND


def _report(machines: Sequence[CheckedMachine], given: argparse.Namespace) -> None:
    report = _FORMATS[given.format](machines, _shown(given))
    if given.output:
        given.output.write_text(report, encoding="utf-8")
        _say(f"{summary(machines)}; the report is in {given.output}")
    else:
        _show(report)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sagalint",
        description=_HELP,
        epilog=_EXAMPLES.format(
            folder=typed("."),
            write=typed("machine.asl.json --write-plan machine.plan.json"),
            sarif=typed(". --format sarif --output findings.sarif"),
            explain=typed("--explain doubt-not-compensated"),
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    levels = [level.value for level in Level]
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="what to check: files and folders")
    parser.add_argument("--plan", type=Path, metavar="FILE", help="what the states are in the saga, as JSON")
    parser.add_argument("--write-plan", type=Path, metavar="FILE", help="write the plan that was used, to correct it")
    parser.add_argument("--format", choices=_FORMATS, default="text", help="of the report (%(default)s)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the report goes (standard output)")
    parser.add_argument("--fail-on", choices=levels, default=Level.ERROR.value, help="exit with 1 from this level on")
    parser.add_argument("--show", choices=levels, help="from this level on, in text and html (warning)")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="an earlier JSON report: only new findings count")
    parser.add_argument("--explain", metavar="RULE", help="say what a rule means, with an example")
    parser.add_argument("--plan-schema", action="store_true", help="write the JSON schema of plans, for an editor")
    return parser


def _explained(rule_id: str) -> str:
    from sagalint.report.explained import explained  # noqa: PLC0415 # its texts are for whoever asks

    return explained(rule_id)


def _plan_schema() -> str:
    from sagalint.report.plan_schema import plan_schema  # noqa: PLC0415 # needs a library that a check does not

    return plan_schema()


def _show(text: str) -> None:
    """Writes to the standard output, whatever its encoding; raises `OSError` if nobody reads it."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError:
        # What is left of the text would fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def _shown(given: argparse.Namespace) -> Level:
    """The least level that a person gets to read: whatever can fail the check is shown."""
    if given.show:
        return Level(given.show)
    fails = Level(given.fail_on)
    return fails if Level.WARNING.reaches(fails) else Level.WARNING


# A format is imported only if it is asked for: each has libraries of its own.


def _as_json(machines: Sequence[CheckedMachine], _: Level) -> str:
    from sagalint.report.data import as_json  # noqa: PLC0415

    return as_json(machines)


def _as_sarif(machines: Sequence[CheckedMachine], _: Level) -> str:
    from sagalint.report.sarif import as_sarif  # noqa: PLC0415

    return as_sarif(machines)


def _as_html(machines: Sequence[CheckedMachine], show: Level) -> str:
    try:
        from sagalint.report.html import as_html  # noqa: PLC0415
    except ImportError:
        raise InputError("pictures need the extra: pip install 'sagalint[pictures]'") from None
    return as_html(machines, show)


_FORMATS: Final[Mapping[str, Callable[[Sequence[CheckedMachine], Level], str]]] = {
    "text": as_text,
    "json": _as_json,
    "sarif": _as_sarif,
    "html": _as_html,
}
