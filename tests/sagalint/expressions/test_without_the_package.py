"""A machine in JSONata where the package that reads it is missing: a sentence, and no stack trace."""

import json
import sys
from pathlib import Path

import pytest

from sagalint.command import NOT_CHECKED, main
from tests.support.sagalint.small import saga, task


def test_a_missing_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "jsonata", None)
    machine = {**saga(CountTools=task()), "QueryLanguage": "JSONata"}
    machine["States"]["CountTools"].pop("ResultPath")
    machine["States"]["CountTools"]["Output"] = "{% $states.result.only_here %}"
    (tmp_path / "count.asl.json").write_text(json.dumps(machine), encoding="utf-8")
    assert main([str(tmp_path)]) == NOT_CHECKED
    assert "pip install jsonata-python" in capsys.readouterr().err
