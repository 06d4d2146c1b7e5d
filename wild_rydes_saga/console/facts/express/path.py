"""The path of a ride on Express. It has no history: its row and its ledgers show how far it came."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lambda_src.fare_status import COMPLETED
from lambda_src.recovery.work import open_ride as names
from wild_rydes_saga.console.facts.picture import picture
from wild_rydes_saga.console.facts.rows import RideRow
from wild_rydes_saga.lab.riding import readable
from wild_rydes_saga.lab.roles import CHARGE, COMPLETE, CREDIT, REFUND, REGISTER, REVERSE

Definition = Mapping[str, Any]

NOTE: Final = (
    "Express keeps no history. This path follows from the ride's row and its ledgers; inputs, outputs, times and the "
    "attempts that succeeded are not known."
)
_ALL: Final = ("States.ALL", "States.TaskFailed")
_LAST: Final = {"SUCCEEDED": "ExecutionSucceeded", "RUNNING": ""}
_FAILED: Final = "ExecutionFailed"


def shown_path(definition: Definition, row: RideRow, title: str) -> dict[str, Any]:
    """What a page shows of the states, in the form of one that has a history."""
    path, error, failing = path_of(definition, row), row.described.error, _failing(definition, row)
    undone = {REFUND: row.known.paid, REVERSE: row.known.credited}
    errors = {failing: error, **{name: "" for name, left in undone.items() if left > 0}}
    events = [*_events(definition, path, errors)]
    if last := _LAST.get(row.execution.status, _FAILED):
        events.append({"type": last})
    attempt = {"number": 1, "began": None, "took": "", "result": error, "cause": readable(row.described.cause)}
    visit = {"entered": None, "took": "", "input": "", "arguments": "", "output": ""}
    return {
        "svg": picture(definition, events, title=title),
        "path": path,
        "states": {
            name: {
                "type": str(state.get("Type", "")),
                "visits": [{**visit, "attempts": [attempt] if name == failing and error else []}] * (name in path),
            }
            for name, state in definition["States"].items()
        },
        "note": NOTE,
    }


def path_of(definition: Definition, row: RideRow) -> list[str]:
    """The states that the ride has entered, in order; that of a ride that is open ends where its last trace is."""
    states, outcome = definition["States"], row.outcome
    path = [*_walk(definition, row)]
    hand_over = _writing(states, names.HANDED_OVER_AT)
    if names.HANDED_OVER_AT in outcome and hand_over and hand_over not in path:
        # Its rollback began, and either did not settle the fare, or settled it and did not get the message away.
        settling = _writing(states, names.SETTLED_AT)
        known = path.index(settling) if settling in path else len(path)
        after = [states[hand_over]["Next"]] if "Next" in states[hand_over] else []
        path = [*path[: known + 2 * (names.SETTLED_AT in outcome)], hand_over, *after]
    return path


def _walk(definition: Definition, row: RideRow) -> Iterator[str]:
    states, last, failing = definition["States"], _last_trace(definition, row), _failing(definition, row)
    entered: set[str] = set()
    name = definition["StartAt"]
    while name in states and name not in entered:
        entered.add(name)
        yield name
        if name == last:
            return
        state = states[name]
        onward = state.get("Next") or state.get("Default", "")
        name = _caught(state, row.described.error) if name == failing else onward


def _failing(definition: Definition, row: RideRow) -> str:
    """The state that failed: the row names it, or it is the one that reports such an error; empty if none failed."""
    error = row.described.error
    reporting = (name for name, state in definition["States"].items() if error and _reporting(state, error))
    return row.outcome.get(names.STEP) or next(reporting, "")


def _reporting(state: Mapping[str, Any], error: str) -> list[Mapping[str, Any]]:
    """The catchers that note an error under this name, whatever AWS calls it."""
    return [one for one in state.get("Catch", []) if error == one.get("Assign", {}).get("failure", {}).get("error")]


def _caught(state: Mapping[str, Any], error: str) -> str:
    """Where a state's Catch leads after an error."""
    catchers, reported = state.get("Catch", []), _reporting(state, error)
    named = [one for one in catchers if error in one["ErrorEquals"]]
    any_error = [one for one in catchers if set(_ALL) & set(one["ErrorEquals"])]
    return next((str(one["Next"]) for one in (*reported, *named, *any_error)), "")


def _last_trace(definition: Definition, row: RideRow) -> str:
    """The last state that an execution without an end is known to have entered; empty for one that has ended."""
    outcome, states = row.outcome, definition["States"]
    if names.HANDED_OVER_AT in outcome or outcome.get("fareStatus") or row.execution.status == "SUCCEEDED":
        return ""
    if names.SETTLED_AT in outcome:
        return _writing(states, names.SETTLED_AT)
    if row.fare.get("fareStatus") == COMPLETED:
        return COMPLETE
    traces = {CREDIT: row.account, CHARGE: row.payment, REGISTER: row.fare}
    found = next((state for state, trace in traces.items() if trace), "")
    return found or (_writing(states, names.OPEN_SINCE) if outcome else str(definition["StartAt"]))


def _writing(states: Mapping[str, Any], attribute: str) -> str:
    """The first state that writes an attribute of the ride's row."""
    for name, state in states.items():
        given = state.get("Arguments", {})
        written = given.get("UpdateExpression", "").partition(" REMOVE ")[0]
        if attribute in given.get("Item", {}) or f"{attribute} = " in written:
            return str(name)
    return ""


def _events(definition: Definition, path: list[str], errors: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The events that a history would have of the path, as far as a picture needs them."""
    for name in path:
        state = definition["States"][name]
        yield {"type": f"{state['Type']}StateEntered", "stateEnteredEventDetails": {"name": name}}
        if name in errors:
            yield {"type": "TaskFailed", "taskFailedEventDetails": {"error": errors[name]}}
        if name != path[-1] or state["Type"] == "Succeed":
            yield {"type": f"{state['Type']}StateExited", "stateExitedEventDetails": {"name": name}}
