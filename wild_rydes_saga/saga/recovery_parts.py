"""What a recovery is made of, beside the steps of its saga: its verdicts, its own tasks and the names of its states."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wild_rydes_saga.saga.step import SagaTask


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """What the look can say of an execution, by the words that it assigns to `VERDICT`.

    Attributes:
        nothing: It completed or was rolled back: there is nothing to do.
        done: It did every step up to the pivot: do the steps after that again.
        settled: It was undone: tell of the failure again.
        unsettled: Undo it, once the claim has barred it from going on.
        superseded: Undo it; what the claim would take is another saga's by now.
    """

    nothing: str
    done: str
    settled: str
    unsettled: str
    superseded: str


@dataclass(frozen=True, kw_only=True)
class RecoveryTasks:
    """What a recovery needs beside the saga's own steps.

    Attributes:
        look: Reads how the execution ended; assigns `VERDICT`, `STRAGGLER_SECONDS` and every
            variable that the compensations and the messages read, `NOT_UNDONE` empty among them.
        claim: Bars the saga's own execution from passing the pivot; refuses if the saga has moved since the look.
        park: Hands a ride that the recovery cannot finish to a person.
        mark: Notes with the saga's own row that it was parked; may be refused.
        record_parked: Notes in the list of work that it was parked.
        close: Notes in the list of work that the ride is finished.
        not_a_saga: Error of the look that means that it was not given an execution of the saga.
        still_running: Error of the look that means that the execution has not ended.
        known_without_look: Variables that the parking reads, as far as they are known when the look gives up.
    """

    look: SagaTask
    claim: SagaTask
    park: SagaTask
    mark: SagaTask
    record_parked: SagaTask
    close: SagaTask
    not_a_saga: str
    still_running: str
    known_without_look: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class RecoveryEnding:
    """Names of the states in which a recovery ends, and of those that decide.

    Attributes:
        recovered: It finished what the execution could not.
        nothing: There was nothing to finish.
        running: AWS says that the execution still runs; also the error. The recovery is started again later.
        parked: A person has to finish it; also the error that the recovery ends with.
        refused: It was not given an execution of the saga; also the error.
        begin: The state that it starts with.
        choose: The choice after the look.
        again: The choice after a claim that was refused: look again, or park.
        wait: The wait for stragglers before the first compensation.
        end: The choice between the two ends of a recovery that is done.
    """

    recovered: str
    nothing: str
    running: str
    parked: str
    refused: str
    begin: str
    choose: str
    again: str
    wait: str
    end: str
