"""Reports of checked machines: text for a person, JSON for a program, SARIF for the tools that read findings."""

import hashlib
import itertools
import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sagalint import RULES, Finding, Rule
from sagalint.report.checked import CheckedMachine

_WIDTH: Final = 110
_SARIF: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(machines: Sequence[CheckedMachine]) -> str:
    """What was found, as a person reads it: each finding with its story and its fix."""
    return "\n".join("\n".join([*_head(one), *_findings(one), *_accepted(one), ""]) for one in machines)


def _head(checked: CheckedMachine) -> Iterator[str]:
    report, states = checked.report, len(checked.definition["States"])
    yield (
        f"{checked.name} ({checked.source}): {states} states, {report.explored} situations explored "
        f"in {report.seconds:.2f} s"
    )
    count = len(report.findings)
    if not count:
        yield "Nothing found." if checked.is_saga else "No compensation found: this looks like no saga."
    else:
        yield f"{count} finding{'' if count == 1 else 's'}:"


def _findings(checked: CheckedMachine) -> Iterator[str]:
    numbers = itertools.count(1)
    by_level_and_rule = itertools.groupby(checked.report.findings, lambda finding: (finding.level, finding.rule))
    for (level, rule), findings_of in by_level_and_rule:
        yield ""
        yield f"{rule.id} ({level.value}): {rule.statement}"
        yield from _wrapped("", f"If not: {rule.consequence[:1].lower()}{rule.consequence[1:]}", indent=2)
        for finding in findings_of:
            yield ""
            yield f"{next(numbers):4}. {', '.join(finding.states) or 'the machine'} (line {_line(checked, finding)})"
            yield from _finding_as_text(finding)


def _finding_as_text(finding: Finding) -> Iterator[str]:
    yield from _wrapped("", f"{_sentence(finding.message)}.")
    if finding.rests_on:
        yield from _wrapped("", f"Rests on a guess: {'; '.join(finding.rests_on)}.")
    if finding.story:
        yield "      How it comes to that:"
        width = len(str(len(finding.story)))
        for position, moment in enumerate(finding.story, start=1):
            yield from _wrapped(f"  {position:{width}}. ", moment.text)
    yield from _wrapped("To fix: ", f"{finding.fix}.")


def _accepted(checked: CheckedMachine) -> Iterator[str]:
    for finding, reason in checked.report.accepted:
        yield ""
        yield from _wrapped("", f"Accepted by the plan: {_sentence(finding.message)} [{finding.rule.id}]: {reason}")


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


def _line(checked: CheckedMachine, finding: Finding) -> int:
    return checked.line_of(_first(finding))


def _first(finding: Finding) -> str | None:
    return finding.states[0] if finding.states else None


def as_json(machines: Sequence[CheckedMachine]) -> str:
    """What was found, as JSON: each machine with its findings, in the order of the rules."""
    text = {"version": 1, "machines": [_machine(one) for one in machines]}
    return json.dumps(text, indent=2) + "\n"


def _machine(checked: CheckedMachine) -> dict[str, Any]:
    return {
        "file": checked.source.as_posix(),
        "machine": checked.name,
        "saga": checked.is_saga,
        "plan": "guessed" if checked.guessed else "given",
        "findings": [_finding(checked, finding) for finding in checked.report.findings],
        "accepted": [{**_finding(checked, finding), "because": why} for finding, why in checked.report.accepted],
    }


def _finding(checked: CheckedMachine, finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule.id,
        "level": finding.level.value,
        "states": list(finding.states),
        "message": _message(finding),
        "story": [moment.text for moment in finding.story],
        "fix": finding.fix,
        "line": _line(checked, finding),
    }


def _message(finding: Finding) -> str:
    """What is wrong, and the guesses that it rests on."""
    guesses = f". This rests on a guess: {'; '.join(finding.rests_on)}" if finding.rests_on else ""
    return finding.message + guesses


def as_sarif(machines: Sequence[CheckedMachine]) -> str:
    """What was found, as SARIF 2.1.0: a result for each finding, its story as a code flow, accepted ones suppressed."""
    results = []
    for checked in machines:
        results += [_result(checked, finding) for finding in checked.report.findings]
        for finding, reason in checked.report.accepted:
            suppressed = {"suppressions": [{"kind": "external", "justification": reason}]}
            results.append({**_result(checked, finding), **suppressed})
    driver = {"name": "sagalint", "rules": [_rule(rule) for rule in RULES.values()]}
    return json.dumps(
        {"$schema": _SARIF, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}, indent=2
    ) + "\n"  # fmt: skip


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.statement},
        "fullDescription": {"text": f"{rule.statement} {rule.consequence}"},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": rule.level.value},
    }


def _result(checked: CheckedMachine, finding: Finding) -> dict[str, Any]:
    named = json.dumps([finding.rule.id, finding.states, finding.story[-1].errors if finding.story else ()])
    result: dict[str, Any] = {
        "ruleId": finding.rule.id,
        "ruleIndex": [*RULES].index(finding.rule.id),
        "level": finding.level.value,
        "message": {"text": f"{_sentence(_message(finding))}. To fix: {finding.fix}."},
        "locations": [_location(checked, _first(finding))],
        "partialFingerprints": {"finding/v1": hashlib.sha256(named.encode()).hexdigest()},
    }
    if finding.story:
        flow = [
            {"location": {**_location(checked, moment.state), "message": {"text": moment.text}}}
            for moment in finding.story
        ]
        result["codeFlows"] = [{"threadFlows": [{"locations": flow}]}]
    return result


def _location(checked: CheckedMachine, state: str | None) -> dict[str, Any]:
    where = {
        "artifactLocation": {"uri": checked.source.as_posix()},
        "region": {"startLine": checked.line_of(state)},
    }
    logical = {"name": state, "fullyQualifiedName": f"{checked.name}.{state}"} if state else {"name": checked.name}
    return {"physicalLocation": where, "logicalLocations": [logical]}
