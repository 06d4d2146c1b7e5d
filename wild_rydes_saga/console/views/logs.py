"""What the handlers and the machines have logged of a ride, read when a person asks for it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from wild_rydes_saga.console.facts.words import moment
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.console.views.rides import RideList

_MOST: Final = 200
"""Lines that are shown."""
_METRICS: Final = "_aws"
"""Which of a line's fields are metrics: for CloudWatch alone."""
_BEFORE: Final = timedelta(minutes=1)


@dataclass
class LogsView:
    """Reads the logs of a ride. On AWS that is one call for each log group of the stack, and one to find them."""

    source: Source
    rides: RideList

    def read(self, handle: str) -> dict[str, Any]:
        """The lines that name the ride, oldest first."""
        saga_id = self.rides.saga_id(handle)
        execution = self.rides.executions.get(saga_id)
        since = execution.started - _BEFORE if execution else None
        lines = sorted(self._lines(saga_id, since), key=lambda one: str(one["at"]))
        return {"lines": lines[:_MOST], "found": len(lines)}

    def _lines(self, saga_id: str, since: datetime | None) -> Iterator[dict[str, Any]]:
        pages = self.source.client("logs").get_paginator("filter_log_events")
        named = saga_id.replace("\\", "\\\\").replace('"', '\\"')
        asked = {"filterPattern": f'"{named}"', **({"startTime": int(since.timestamp() * 1000)} if since else {})}
        for group in self._groups():
            for page in pages.paginate(logGroupName=group, **asked):
                # The emulator gives every line, whatever the pattern is.
                yield from (_shown(group, one) for one in page["events"] if saga_id in one["message"])

    def _groups(self) -> list[str]:
        """The stack's log groups: CloudFormation names those of functions after it, and its machines' we do."""
        name = self.source.stack.name
        pages = self.source.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePattern=name)
        found = [group["logGroupName"] for page in pages for group in page["logGroups"]]
        return sorted(one for one in found if re.search(rf"(^|/){re.escape(name)}[-/]", one))


def _shown(group: str, event: Mapping[str, Any]) -> dict[str, Any]:
    line = str(event["message"]).strip()
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        fields = None
    known = {name: one for name, one in fields.items() if name != _METRICS} if isinstance(fields, dict) else {}
    error = f": {known['error']}" if "error" in known else ""
    return {
        "at": moment(datetime.fromtimestamp(event["timestamp"] / 1000, UTC)),
        "from": str(known.get("step") or group.rpartition("/")[2]),
        "level": str(known.get("level") or ""),
        "message": f"{known.get('message') or ('' if known else line)}{error}",
        "line": json.dumps(known, ensure_ascii=False) if known else line,
    }
