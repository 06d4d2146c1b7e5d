"""Checks every locked package for known vulnerabilities: `python -m tools.audit`.

pip-audit and `npm audit` find them. This adds the packages that only other machines
install, and an exit code that differs between a vulnerability and data that was not reached.
"""

import json
import sys
import tempfile
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, Final

from packaging.utils import canonicalize_name

from tools.locked import Pin, Run, npm_packages, python_packages, run_tool
from wild_rydes_saga.cli.plainly import run_plainly

CLEAN: Final = 0
VULNERABLE: Final = 1
NOT_DONE: Final = 2
"""Not done, or not for every package."""

_SERVICES: Final = ("pypi", "osv")
_REASON_WIDTH: Final = 100


@dataclass(frozen=True)
class Audited:
    """What is known of one kind of package: its vulnerabilities, and how many got no answer, with the reason."""

    kind: str
    total: int
    found: Sequence[str]
    unanswered: int
    reason: str


def audit(run: Run = run_tool) -> int:
    """Prints the known vulnerabilities of what is locked.

    Returns:
        VULNERABLE if there is one; else NOT_DONE if some package got no
        answer, whatever is known of the others; else CLEAN.
    """
    codes = [_report(audited) for audited in (_audit_python(run), _audit_npm(run))]
    return VULNERABLE if VULNERABLE in codes else max(codes)


def _report(audited: Audited) -> int:
    for vulnerability in audited.found:
        sys.stdout.write(f"✗ {audited.kind}: {vulnerability}\n")
    if audited.unanswered:
        missing = f"{audited.unanswered} of {audited.total} locked packages"
        sys.stdout.write(f"✗ {audited.kind}: NOT AUDITED: no data for {missing} ({audited.reason})\n")
    else:
        count = len(audited.found)
        sys.stdout.write(f"{audited.kind}: {audited.total} locked packages audited, {count} vulnerabilities\n")
    return VULNERABLE if audited.found else NOT_DONE if audited.unanswered else CLEAN


def _audit_python(run: Run) -> Audited:
    """Asks one service, then the next for what is still open: the first may be a mirror without such data."""
    unanswered = python_packages()
    total, found, reasons = len(unanswered), list[str](), dict[str, str]()
    for service, asked in _rounds(unanswered):
        done = _pip_audit(run, asked.values(), service)
        answers = _parsed(done.stdout).get("dependencies")
        if answers is None:
            reasons.setdefault(service, _last_line(done.stderr))
        for one in answers or []:
            pin = asked[canonicalize_name(one["name"])]
            if "skip_reason" in one:
                reasons.setdefault(service, one["skip_reason"])
                continue
            unanswered.remove(pin)
            for each in one["vulns"]:
                fixed = ", ".join(each["fix_versions"]) or "no version yet"
                found.append(f"{pin.name} {pin.version} has {each['id']}, fixed in {fixed}")
    reason = "; ".join(f"{service}: {reason}" for service, reason in reasons.items()) or "left out of the answer"
    return Audited("Python", total, found, len(unanswered), reason)


def _rounds(unanswered: Sequence[Pin]) -> Iterator[tuple[str, dict[str, Pin]]]:
    """Each service with the packages to ask it for, one version of a package at a time: pip-audit refuses two."""
    for service in _SERVICES:
        rest = list(unanswered)
        while rest:
            asked = {pin.name: pin for pin in rest}
            rest = [pin for pin in rest if asked[pin.name] != pin]
            yield service, asked


def _pip_audit(run: Run, pins: Iterable[Pin], service: str) -> CompletedProcess[str]:
    """Without the lock files' markers: pip-audit would leave out what other machines install."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text("".join(f"{pin.name}=={pin.version}\n" for pin in pins), encoding="utf-8")
        options = ["--no-deps", "--disable-pip", "--progress-spinner=off", "--format=json", f"-s={service}"]
        return run([sys.executable, "-m", "pip_audit", *options, f"--requirement={file}"])


def _audit_npm(run: Run) -> Audited:
    packages = npm_packages()
    done = run(["npm", "audit", "--json", "--package-lock-only"])
    report = _parsed(done.stdout)
    if "vulnerabilities" not in report:
        return Audited("npm", len(packages), [], len(packages), str(report.get("message") or _last_line(done.stderr)))
    found = []
    for name, each in sorted(report["vulnerabilities"].items()):
        causes = [via if isinstance(via, str) else f"{via['title']} ({via['url']})" for via in each["via"]]
        found.append(f"{name} {packages[name]['version']}, severity {each['severity']}, by {', '.join(causes)}")
    return Audited("npm", len(packages), found, 0, "")


def _parsed(text: str) -> dict[str, Any]:
    """The JSON object in a tool's output; an empty one if there is none."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _last_line(text: str) -> str:
    last = (text.strip().splitlines() or ["it printed nothing"])[-1]
    return textwrap.shorten(last, _REASON_WIDTH, placeholder=" …")


if __name__ == "__main__":
    sys.exit(run_plainly(audit, failed=NOT_DONE))
