"""Reports of a verification: as text for a person, as JSON for a program, as SARIF for the tools that read findings."""

import hashlib
import itertools
import json
import textwrap
from collections.abc import Iterator
from typing import Any, Final

from sagalint import RULES, Finding, Moment, Rule
from sagalint.report.checked import CheckedMachine

_WIDTH: Final = 110
_SARIF: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(proved: CheckedMachine) -> str:
    """What was found, as a person reads it: each finding with its story, and how to mend it."""
    return "\n".join([*_head(proved), *_findings(proved), *_accepted(proved), ""])


def _head(proved: CheckedMachine) -> Iterator[str]:
    report, states = proved.report, len(proved.definition["States"])
    yield (
        f"{proved.name} ({proved.source}): {states} states, {report.explored} situations looked at "
        f"in {report.seconds:.2f} s"
    )
    count = len(report.findings)
    if not count:
        yield "Nothing found: no path breaks any of the promises."
    else:
        yield f"{count} promise{' is' if count == 1 else 's are'} broken:"


def _findings(proved: CheckedMachine) -> Iterator[str]:
    numbers = itertools.count(1)
    for rule, findings in itertools.groupby(proved.report.findings, lambda finding: finding.rule):
        yield ""
        yield f"{rule.id}: {rule.promise}"
        yield from _wrapped("", f"If not: {rule.reason[:1].lower()}{rule.reason[1:]}", indent=2)
        for finding in findings:
            yield ""
            yield f"{next(numbers):4}. {', '.join(finding.states) or 'the machine'} (line {_line(proved, finding)})"
            yield from _finding_as_text(finding)


def _finding_as_text(finding: Finding) -> Iterator[str]:
    yield from _wrapped("", f"{_sentence(finding.problem)}.")
    if finding.story:
        yield "      How it comes to that:"
        width = len(str(len(finding.story)))
        for position, moment in enumerate(finding.story, start=1):
            yield from _wrapped(f"  {position:{width}}. ", moment.told)
    yield from _wrapped("To mend: ", f"{finding.mend}.")


def _accepted(proved: CheckedMachine) -> Iterator[str]:
    for finding, reason in proved.report.accepted:
        yield ""
        yield from _wrapped("", f"Accepted by the plan: {_sentence(finding.problem)} [{finding.rule.id}]: {reason}")


def _wrapped(label: str, text: str, *, indent: int = 6) -> list[str]:
    return textwrap.wrap(
        label + text,
        _WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + len(label)),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _sentence(text: str) -> str:
    # A state's name keeps its letters; a word in lower case begins the sentence.
    return text[:1].upper() + text[1:]


def _line(proved: CheckedMachine, finding: Finding) -> int:
    return proved.line_of(_first(finding))


def _first(finding: Finding) -> str | None:
    return finding.states[0] if finding.states else None


def as_json(proved: CheckedMachine) -> str:
    """What was found, as JSON: `findings` in the order of the rules, each with `rule`, `states`, `story` and `mend`."""
    report = proved.report
    told = {
        "machine": proved.name,
        "source": str(proved.source),
        "situations": report.explored,
        "seconds": round(report.seconds, 3),
        "findings": [_finding(proved, finding) for finding in report.findings],
        "accepted": [{**_finding(proved, finding), "because": reason} for finding, reason in report.accepted],
    }
    return json.dumps(told, indent=2) + "\n"


def _finding(proved: CheckedMachine, finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule.id,
        "promise": finding.rule.promise,
        "states": finding.states,
        "line": _line(proved, finding),
        "problem": finding.problem,
        "mend": finding.mend,
        "story": [_moment(moment) for moment in finding.story],
    }


def _moment(moment: Moment) -> dict[str, Any]:
    return {
        "state": moment.state,
        "what": moment.what.value,
        "errors": moment.errors,
        "next": moment.next,
        "told": moment.told,
    }


def as_sarif(proved: CheckedMachine) -> str:
    """What was found, as SARIF 2.1.0: a result for each finding, its story as a code flow, accepted ones suppressed."""
    results = [_result(proved, finding) for finding in proved.report.findings]
    for finding, reason in proved.report.accepted:
        suppressed = {"suppressions": [{"kind": "external", "justification": reason}]}
        results.append({**_result(proved, finding), **suppressed})
    driver = {"name": "wild-rydes-saga verify", "rules": [_rule(rule) for rule in RULES.values()]}
    return json.dumps(
        {"$schema": _SARIF, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}, indent=2
    ) + "\n"  # fmt: skip


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.promise},
        "fullDescription": {"text": f"{rule.promise} {rule.reason}"},
        "defaultConfiguration": {"level": "error"},
    }


def _result(proved: CheckedMachine, finding: Finding) -> dict[str, Any]:
    named = json.dumps([finding.rule.id, finding.states, finding.story[-1].errors if finding.story else ()])
    result: dict[str, Any] = {
        "ruleId": finding.rule.id,
        "ruleIndex": [*RULES].index(finding.rule.id),
        "level": "error",
        "message": {"text": f"{_sentence(finding.problem)}. To mend: {finding.mend}."},
        "locations": [_location(proved, _first(finding))],
        "partialFingerprints": {"finding/v1": hashlib.sha256(named.encode()).hexdigest()},
    }
    if finding.story:
        flow = [
            {"location": {**_location(proved, moment.state), "message": {"text": moment.told}}}
            for moment in finding.story
        ]
        result["codeFlows"] = [{"threadFlows": [{"locations": flow}]}]
    return result


def _location(proved: CheckedMachine, state: str | None) -> dict[str, Any]:
    where = {
        "artifactLocation": {"uri": proved.source.as_posix()},
        "region": {"startLine": proved.line_of(state)},
    }
    logical = {"name": state, "fullyQualifiedName": f"{proved.name}.{state}"} if state else {"name": proved.name}
    return {"physicalLocation": where, "logicalLocations": [logical]}
