"""Random walks: rides, faults, stops, repeats and recoveries in any order over few fares, as data that shrinks."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from hypothesis import strategies as st

from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.express.cells import AGAIN
from tests.support.faults.injection.fault import RECOVERY, SAGA, Fault, new_fare_id, set_faults
from tests.support.faults.judges import JudgedStep
from tests.support.faults.judges.judge import CustomerSuffix
from tests.support.faults.matrix import tasks_of
from tests.support.faults.trial import StartedRide, Trial

FARES: Final = 2
CUSTOMERS: Final = 2
_ERRORS: Final = ("RuntimeError", "States.Timeout", "Lambda.TooManyRequestsException", "DynamoDB.ThrottlingException")


@dataclass(frozen=True)
class Move:
    """One move of a walk.

    Attributes:
        what: `ride`: rides of a fare start. `repeat`: the calls of the last ride arrive again. `recover`: a
            recovery of the last ride is started by hand. `sweep`: the sweep runs. `wait`: until nothing moves.
        fare: Which fare, by number.
        customer: Who rides.
        crowd: How many rides start at once.
        faults: What goes wrong with the fare from here on, on top of what did before.
    """

    what: str
    fare: int = 0
    customer: int = 0
    crowd: int = 1
    faults: tuple[Fault, ...] = ()


Walk = tuple[Move, ...]


def walks(cloud: FaultyCloud) -> st.SearchStrategy[Walk]:
    """Any walk on the cloud's machine; a shorter one with fewer faults is a simpler one."""
    anything = st.one_of(*_faults(cloud), *_refusals(cloud.judged))
    fares = st.integers(0, FARES - 1)
    rides = st.builds(
        Move,
        what=st.just("ride"),
        fare=fares,
        customer=st.integers(0, CUSTOMERS - 1),
        crowd=st.integers(1, 3),
        faults=st.lists(anything, max_size=2).map(tuple),
    )
    others = st.builds(Move, what=st.sampled_from(["wait", "sweep", "recover", "repeat"]), fare=fares)
    return st.lists(st.one_of(rides, others), min_size=1, max_size=5).map(tuple)


def own_tasks(cloud: FaultyCloud) -> list[str]:
    """The tasks of the machine that rides."""
    states = cloud.rides.definition(cloud.machines[0])["States"]
    return [name for name, state in states.items() if state["Type"] == "Task"]


def _faults(cloud: FaultyCloud) -> Iterator[st.SearchStrategy[Fault]]:
    """Any fault of any task. On Express every rollback after doubt is the recovery's, and executions come twice."""
    plan = cloud.plan
    tasks = st.sampled_from(list(dict.fromkeys([*tasks_of(plan), *own_tasks(cloud)])))
    machines = st.sampled_from([SAGA, RECOVERY, None])
    after, times = st.booleans(), st.sampled_from([1, 2, None])
    undone_by = st.sampled_from([RECOVERY] if cloud.express else [SAGA, RECOVERY])
    undoing = st.tuples(undone_by, st.sampled_from(tasks_of(plan)[len(plan.steps) :]))
    errors = st.sampled_from(_ERRORS)
    yield st.builds(_fault, tasks, st.just("error"), errors, after, times, machines)
    yield st.builds(_fault, tasks, st.just("stop"), errors, after, st.just(1), machines)
    yield st.builds(_fault, tasks, st.just("twice"), errors, after, times, machines)
    yield st.builds(_fault, tasks, st.just("late"), st.just("States.Timeout"), after, st.just(1), machines, undoing)
    if cloud.express:
        yield st.builds(_fault, tasks, st.sampled_from(list(AGAIN)), errors, after, st.just(1), st.just(SAGA))


def _refusals(judged: Sequence[JudgedStep]) -> Iterable[st.SearchStrategy[Fault]]:
    """The refusals of real handlers, each with its answer, or with its answer lost."""
    for one in judged:
        for forced in one.judge.forces.values():
            if isinstance(forced, CustomerSuffix):
                refused = Fault(state=one.step.action, kind="clean", suffix=forced.text, times=1)
                yield st.sampled_from([refused, replace(refused, after=True)])


def _fault(
    state: str,
    kind: str,
    error: str,
    after: bool,  # as the strategies give it
    times: int | None,
    machine: str | None,
    until: tuple[str, str] | None = None,
) -> Fault:
    return Fault(state=state, kind=kind, error=error, after=after, times=times, machine=machine, until=until)


def play(cloud: FaultyCloud, walk: Walk) -> list[str]:
    """Plays a walk on fares of its own, to its end; returns what is wrong with its rides, for a person."""
    fares = [new_fare_id() for _ in range(FARES)]
    customers = [f"customer-{new_fare_id()}" for _ in range(CUSTOMERS)]
    faults: list[list[Fault]] = [[] for _ in fares]
    started: list[StartedRide] = []
    for move in walk:
        match move.what:
            case "ride":
                faults[move.fare] += move.faults
                set_faults(cloud.folder, fares[move.fare], *faults[move.fare])
                ride = Trial(
                    label="walk", fare_id=fares[move.fare], customer_id=customers[move.customer], crowd=move.crowd
                )
                started += cloud.start(ride)
            case "wait":
                cloud.wait_until_quiet()
            case "sweep":
                cloud.sweep()
            case "recover" if started:
                cloud.recover(started[-1].saga_id)
            case "repeat" if started:
                cloud.wait(started[-1].saga_id)
                cloud.make_its_calls_again(started[-1])
    cloud.wait_until_quiet()
    cloud.work.wait_for_overdue(fares)
    cloud.sweep()
    cloud.wait_until_quiet()
    lasting = {fare for fare, mine in zip(fares, faults, strict=True) if any(_may_park(fault) for fault in mine)}
    rides = [replace(ride, may_park=ride.fare_id in lasting) for ride in started]
    return [f"{finding.rule}: {finding.what}" for finding in cloud.audit(rides) if finding.saga_id]


def _may_park(fault: Fault) -> bool:
    """Whether a fault can last for longer than a recovery is patient."""
    return fault.times is None and fault.machine != SAGA


def in_words(walk: Walk) -> str:
    """A walk for a person, a line for each move."""
    return "\n".join(f"{number}. {_move_in_words(move)}" for number, move in enumerate(walk, start=1))


def _move_in_words(move: Move) -> str:
    if move.what != "ride":
        return {
            "wait": "nothing moves any more",
            "sweep": "the sweep runs",
            "recover": "a recovery of the last ride is started by hand",
            "repeat": "the calls of the last ride arrive again",
        }[move.what]
    rides = "a ride" if move.crowd == 1 else f"{move.crowd} rides at once"
    wrong = "; ".join(_fault_in_words(fault) for fault in move.faults) or "nothing goes wrong"
    return f"{rides} of fare {move.fare} by customer {move.customer}: {wrong}"


def _fault_in_words(fault: Fault) -> str:
    where = fault.state if fault.machine == SAGA else f"{fault.state} of {fault.machine or 'either machine'}"
    when = "after its effect" if fault.after else "before its effect"
    often = "always" if fault.times is None else f"{fault.times}x"
    match fault.kind:
        case "error":
            return f"{where} fails with {fault.error} {when}, {often}"
        case "stop":
            return f"the execution is stopped in {where}, {when}"
        case "twice":
            return f"{where} is delivered twice at once, {often}"
        case "twin" | "beside" | "rerun":
            return f"in {where}, {when}: {AGAIN[fault.kind]}"
        case "late":
            return f"{where} arrives after {'/'.join(fault.until or ())}"
        case _:
            return f"{where} refuses ({fault.suffix}){', and its answer is lost' if fault.after else ''}"


def to_json(walk: Walk) -> str:
    """A walk as JSON, to be kept."""
    return json.dumps([asdict(move) for move in walk], indent=1) + "\n"


def from_json(text: str) -> Walk:
    """Reads what `to_json` wrote."""
    return tuple(_move(one) for one in json.loads(text))


def _move(fields: dict[str, Any]) -> Move:
    faults: Sequence[dict[str, Any]] = fields.pop("faults")
    return Move(**fields, faults=tuple(_kept_fault(fault) for fault in faults))


def _kept_fault(fields: dict[str, Any]) -> Fault:
    until = fields.pop("until")
    return Fault(**fields, until=tuple(until) if until else None)
