"""The operator's commands: list, show, recover and adopt."""
