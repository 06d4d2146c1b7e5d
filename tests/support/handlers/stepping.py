"""Runs the services' steps one DynamoDB call at a time, to stop or interleave them at every call.

Between two calls a step keeps only the answers of the earlier calls. To resume a
step, it is run again from its start with those answers. This needs no thread,
every run is the same, and a state that is reached twice is explored once.
"""

import copy
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.support.handlers.tables import State, Tables


@dataclass(frozen=True)
class Attempt:
    """One call of a step. Its gateway operations have its name in their ids."""

    name: str
    run: Callable[[], object]


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended."""

    answer: object = None
    error: Exception | None = None


@dataclass(frozen=True)
class Answer:
    """DynamoDB's answer to one call."""

    content: dict[str, Any]
    error: ClientError | None = None

    def give(self) -> dict[str, Any]:
        """Returns or raises the answer."""
        if self.error:
            raise self.error
        return self.content


@dataclass(frozen=True)
class Progress:
    """An attempt's progress: the answers that it got, and its outcome if it has ended."""

    answers: tuple[Answer, ...] = ()
    outcome: Outcome | None = None

    def __str__(self) -> str:
        """For the failing test's message."""
        return f"after {len(self.answers)} calls{f': {self.outcome}' if self.outcome else ''}"


class _Interrupted(BaseException):
    """The attempt stops at a call. Like the end of a process, the step cannot catch it as an `Exception`."""


class Stepper:
    """Replaces DynamoDB's client: passes calls on, or repeats earlier answers."""

    def __init__(self, client: Any, tables: Tables) -> None:
        self._client = client
        self._tables = tables
        self._on_call: Callable[[Callable[[], dict[str, Any]]], dict[str, Any]] = lambda call: call()
        self._new_id: Callable[[], str] = lambda: uuid.uuid4().hex

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        """The client's operation of that name."""
        function = getattr(self._client, operation)
        return lambda **arguments: self._on_call(lambda: function(**arguments))

    def uuid4(self) -> SimpleNamespace:
        """Replaces the gateway's `uuid.uuid4`: an attempt that is run again must use the same ids."""
        return SimpleNamespace(hex=self._new_id())

    def run(self, attempt: Attempt) -> Outcome:
        """Runs an attempt to its end."""
        return self._watched(attempt, lambda call: call())

    def run_with_lost_call(self, attempt: Attempt, lost: int, *, arrives: bool) -> Outcome | None:
        """Runs an attempt whose call of that number times out; returns None if it makes fewer calls.

        Args:
            attempt: The attempt.
            lost: The number of the call, from 1.
            arrives: Whether DynamoDB did the work, so that only its answer is lost.
        """
        calls = 0

        def on_call(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
            nonlocal calls
            calls += 1
            if calls != lost:
                return call()
            if arrives:
                _ask(call)
            raise ReadTimeoutError(endpoint_url="dynamodb")

        outcome = self._watched(attempt, on_call)
        return outcome if calls >= lost else None

    def every_state(self, *attempts: Attempt) -> Iterator[tuple[Progress, ...]]:
        """Yields every state that the attempts, running at once, can reach; the tables are then in that state."""
        waiting: list[tuple[State, tuple[Progress, ...]]] = [
            (copy.deepcopy(self._tables.state()), tuple(Progress() for _ in attempts))
        ]
        seen: set[str] = set()
        while waiting:
            state, progresses = waiting.pop()
            fingerprint = _fingerprint(state, progresses)
            if fingerprint in seen:
                continue
            seen.add(fingerprint)
            self._tables.go_back_to(state)
            yield progresses
            for position, progress in enumerate(progresses):
                if progress.outcome is None:
                    self._tables.go_back_to(state)
                    further = list(progresses)
                    further[position] = self._one_call_more(attempts[position], progress)
                    waiting.append((self._tables.state(), tuple(further)))

    def every_end(self, *attempts: Attempt) -> Iterator[list[Outcome]]:
        """Yields the outcomes of every way in which the attempts, running at once, can end."""
        for progresses in self.every_state(*attempts):
            outcomes = [progress.outcome for progress in progresses if progress.outcome]
            if len(outcomes) == len(attempts):
                yield outcomes

    def every_crash(self, *attempts: Attempt) -> Iterator[str]:
        """Yields each state after a crash of all attempts; the tables are then in that state.

        States with the same rows count once. Yields the progress of the attempts as text.
        """
        seen: set[str] = set()
        for progresses in self.every_state(*attempts):
            contents = Tables.contents(self._tables.state())
            if contents not in seen:
                seen.add(contents)
                yield ", ".join(
                    f"{attempt.name} {progress}" for attempt, progress in zip(attempts, progresses, strict=True)
                )

    def _one_call_more(self, attempt: Attempt, progress: Progress) -> Progress:
        answers: list[Answer] = []

        def on_call(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
            if len(answers) > len(progress.answers):
                raise _Interrupted
            if len(answers) == len(progress.answers):
                answers.append(_ask(call))
            else:
                answers.append(progress.answers[len(answers)])
            return answers[-1].give()

        try:
            outcome = self._watched(attempt, on_call)
        except _Interrupted:
            return Progress(tuple(answers))
        return Progress(tuple(answers), outcome)

    def _watched(self, attempt: Attempt, on_call: Callable[[Callable[[], dict[str, Any]]], dict[str, Any]]) -> Outcome:
        ids = (f"{attempt.name}-{number}" for number in range(100))
        before = self._on_call, self._new_id
        self._on_call, self._new_id = on_call, lambda: next(ids)
        try:
            return Outcome(answer=attempt.run())
        except Exception as error:  # any error is the outcome of the attempt
            return Outcome(error=error)
        finally:
            self._on_call, self._new_id = before


def _ask(call: Callable[[], dict[str, Any]]) -> Answer:
    try:
        return Answer(call())
    except ClientError as error:
        return Answer({}, error)


def _fingerprint(state: State, progresses: tuple[Progress, ...]) -> str:
    histories = [[_without_metadata(answer) for answer in progress.answers] for progress in progresses]
    return Tables.contents(state) + json.dumps(histories)


def _without_metadata(answer: Answer) -> dict[str, Any]:
    response: Any = answer.error.response if answer.error else answer.content
    return {**response, "ResponseMetadata": None}
