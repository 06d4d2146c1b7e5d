"""The parts of a recovery beside the steps of its saga: variables, verdicts, its own tasks, the names of its states."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from wild_rydes_saga.saga.step import SagaTask

VERDICT: Final = "verdict"
"""Variable: the verdict of the inspection, one of `Verdicts`; assigned by the inspection."""
STRAGGLER_SECONDS: Final = "stragglerSeconds"
"""Variable: how long a task that the execution left behind may still run; assigned by the inspection."""
TROUBLE: Final = "trouble"
"""Variable: the first `state` of the recovery that gave up, its `error` and its `cause`; empty after the inspection."""


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """The verdicts of an inspection: the words that it assigns to `VERDICT`.

    Attributes:
        nothing: It completed or was rolled back: there is nothing to do.
        done: It did every step up to the pivot: do the steps after that again.
        settled: It was undone: notify of the failure again.
        unsettled: Claim the fare, so that the execution cannot go on, and undo it.
        superseded: Undo it without a claim: another saga owns the row by now.
    """

    nothing: str
    done: str
    settled: str
    unsettled: str
    superseded: str


@dataclass(frozen=True, kw_only=True)
class RecoveryTasks:
    """The tasks of a recovery beside the saga's own steps.

    Attributes:
        inspect: Reads how the execution ended. It assigns `VERDICT`, `STRAGGLER_SECONDS` and every
            variable that the compensations and the messages read, with `NOT_UNDONE` empty.
        claim: Stops the saga's own execution from passing the pivot.
            Refuses if the saga has moved since the inspection.
        park: Hands a ride that the recovery cannot finish to a person.
        mark: Writes to the saga's own row that it was parked; may be refused.
        record_parked: Writes to the list of work that it was parked.
        close: Writes to the list of work that the ride is finished.
        not_a_saga: Error of the inspection: the input is not an execution of the saga.
        still_running: Error of the inspection: the execution has not ended.
        known_without_inspection: Variables that the parking reads, as far as they are known when the inspection fails.
    """

    inspect: SagaTask
    claim: SagaTask
    park: SagaTask
    mark: SagaTask
    record_parked: SagaTask
    close: SagaTask
    not_a_saga: str
    still_running: str
    known_without_inspection: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class RecoveryEnding:
    """Names of the states that end a recovery, decide, or wait.

    Attributes:
        recovered: The end of a recovery that finished the ride.
        nothing: The end of a recovery that found nothing to do.
        running: The end when AWS says that the execution still runs; also the error. It is started again later.
        delayed: The end when an overload outlasted all retries; also the error. It is started again later.
        parked: The end when a person has to finish the ride; also the error.
        refused: The end when the input is not an execution of the saga; also the error.
        begin: The first state.
        choose: The choice after the inspection.
        again: The choice after a refused claim: inspect again, or park.
        wait: The wait for stragglers before the first compensation.
        end: The choice between `recovered` and `nothing`.
    """

    recovered: str
    nothing: str
    running: str
    delayed: str
    parked: str
    refused: str
    begin: str
    choose: str
    again: str
    wait: str
    end: str
