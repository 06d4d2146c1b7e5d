"""Writes small projects for tests: files by name, with their text."""

from pathlib import Path

MACHINE = """\
{
  "StartAt": "Reserve",
  "States": {
    "Reserve": {"Type": "Task", "Resource": "${ReserveArn}", "TimeoutSeconds": ${Timeout}, "Next": "Charge"},
    "Charge": {
      "Type": "Task",
      "Resource": "${ChargeArn}",
      "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Release"}],
      "End": true
    },
    "Release": {"Type": "Task", "Resource": "${ReleaseArn}", "Next": "Failed"},
    "Failed": {"Type": "Fail", "Error": "Failed", "Cause": "it failed"}
  }
}
"""
"""A machine with open values; its state Charge begins in line 5."""


def project(folder: Path, **files: str) -> Path:
    """Writes files, whose names have `__` for a slash and `_` for a point, and returns their folder."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
