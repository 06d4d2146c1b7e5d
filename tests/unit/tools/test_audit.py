"""An audit passes only if it has an answer for every locked package and none is vulnerable."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tools.audit import audit
from tools.locked import Run


def answered(output: str, complaint: str = "") -> CompletedProcess[str]:
    """The output of a tool, on both streams."""
    return CompletedProcess([], 0, output, complaint)


Service = Callable[[list[str]], CompletedProcess[str]]
"""pip-audit's answer for a list of packages."""

NPM_CLEAN = answered(json.dumps({"auditReportVersion": 2, "vulnerabilities": {}}))
NPM_REFUSED = answered(json.dumps({"message": "405 Method Not Allowed", "error": {}}), "npm error")
NPM_FOUND = answered(
    json.dumps(
        {
            "vulnerabilities": {
                "ajv": {"severity": "high", "via": [{"title": "Too open", "url": "https://advisory"}]},
                "asl-validator": {"severity": "high", "via": ["ajv"]},
            }
        }
    )
)


def clean(names: list[str]) -> CompletedProcess[str]:
    return answered(json.dumps({"dependencies": [{"name": name, "vulns": []} for name in names]}))


def skipped(names: list[str]) -> CompletedProcess[str]:
    return answered(json.dumps({"dependencies": [{"name": name, "skip_reason": "not found"} for name in names]}))


def unreachable(names: list[str]) -> CompletedProcess[str]:
    return answered("", "Traceback (most recent call last):\n  File ...\nConnectionError: no such host\n")


def left_out(names: list[str]) -> CompletedProcess[str]:
    return answered(json.dumps({"dependencies": []}))


def only(name: str, service: Service, others: Service) -> Service:
    """Answers for one package by one service, and for the others by another."""

    def answer(names: list[str]) -> CompletedProcess[str]:
        parts = service([name] if name in names else []), others([each for each in names if each != name])
        return answered(
            json.dumps({"dependencies": [d for p in parts for d in json.loads(p.stdout)["dependencies"]]}), ""
        )

    return answer


def vulnerable(names: list[str]) -> CompletedProcess[str]:
    found = {"id": "GHSA-1", "fix_versions": ["9.9"], "aliases": [], "description": ""}
    return answered(json.dumps({"dependencies": [{"name": name, "vulns": [found]} for name in names]}))


def tools(pypi: Service, osv: Service, npm: CompletedProcess[str]) -> Run:
    services = {"-s=pypi": pypi, "-s=osv": osv}

    def run(command: Sequence[str]) -> CompletedProcess[str]:
        if command[0] == "npm":
            return npm
        file = next(each for each in command if each.startswith("--requirement=")).partition("=")[2]
        names = re.findall(r"^([\w.-]+)==", Path(file).read_text(), re.MULTILINE)
        assert len(names) == len(set(names)), "pip-audit refuses a name that is there twice"
        assert {"--no-deps", "--disable-pip"} <= set(command)
        return next(services[each] for each in command if each in services)(names)

    return run


@pytest.mark.parametrize(
    ("run", "code", "lines"),
    [
        pytest.param(
            tools(clean, unreachable, NPM_CLEAN),
            0,
            [r"Python: \d+ locked packages audited, 0 vulnerabilities", r"npm: \d+ locked packages audited, 0 .*"],
            id="clean",
        ),
        pytest.param(
            tools(only("boto3", skipped, clean), clean, NPM_CLEAN),
            0,
            ["Python: .* audited, 0 .*", "npm: .*"],
            id="the second service answers for the rest",
        ),
        pytest.param(
            tools(skipped, unreachable, NPM_REFUSED),
            2,
            [
                r"✗ Python: NOT AUDITED: .* (\d+) of \1 .* \(pypi: not found; osv: ConnectionError: no such host\)",
                r"✗ npm: NOT AUDITED: .* (\d+) of \1 .* \(405 Method Not Allowed\)",
            ],
            id="no data at all",
        ),
        pytest.param(
            tools(only("boto3", skipped, clean), unreachable, NPM_CLEAN),
            2,
            ["✗ Python: NOT AUDITED: .* 1 of .*", "npm: .*"],
            id="one package skipped",
        ),
        pytest.param(
            tools(left_out, left_out, NPM_CLEAN),
            2,
            [r"✗ Python: NOT AUDITED: .* \(left out of the answer\)", "npm: .*"],
            id="packages missing in the answer",
        ),
        pytest.param(
            tools(clean, clean, answered("", "[Errno 2] no npm")),
            2,
            ["Python: .*", r"✗ npm: NOT AUDITED: .* \(\[Errno 2\] no npm\)"],
            id="no npm",
        ),
        pytest.param(
            tools(only("boto3", vulnerable, clean), clean, NPM_CLEAN),
            1,
            [r"✗ Python: boto3 \S+ has GHSA-1, fixed in 9\.9", "Python: .* audited, 1 .*", "npm: .*"],
            id="a vulnerable Python package",
        ),
        pytest.param(
            tools(clean, clean, NPM_FOUND),
            1,
            [
                "Python: .*",
                r"✗ npm: ajv \d[\d.]+, severity high, by Too open \(https://advisory\)",
                r"✗ npm: asl-validator \d[\d.]+, severity high, by ajv",
                "npm: .* audited, 2 .*",
            ],
            id="a vulnerable npm package",
        ),
        pytest.param(
            tools(only("boto3", vulnerable, skipped), unreachable, NPM_REFUSED),
            1,
            ["✗ Python: boto3 .*", "✗ Python: NOT AUDITED.*", "✗ npm: NOT AUDITED.*"],
            id="a vulnerable package, and no data of others",
        ),
    ],
)
def test_an_audit_passes_only_with_an_answer_for_every_package(
    run: Run, code: int, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(run) == code
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(lines), printed
    for line, pattern in zip(printed, lines, strict=True):
        assert re.fullmatch(pattern, line), line
