"""Takes the services' steps forward one DynamoDB call at a time, to stop or mix them at every one.

A step keeps nothing between two calls but the answers it had. So a step can be
left at a call and taken on later by running it again from its start with those
answers: no thread is needed, every run is the same, and two ways to one state
are walked only once.
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
    """One call of a step. The name tells its gateway operations from another attempt's."""

    name: str
    run: Callable[[], object]


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended."""

    answer: object = None
    error: Exception | None = None


@dataclass(frozen=True)
class Answer:
    """What DynamoDB answered to one call."""

    content: dict[str, Any]
    error: ClientError | None = None

    def give(self) -> dict[str, Any]:
        """Answers as DynamoDB did."""
        if self.error:
            raise self.error
        return self.content


@dataclass(frozen=True)
class Progress:
    """How far an attempt has come: the answers it had, and its outcome once it has ended."""

    answers: tuple[Answer, ...] = ()
    outcome: Outcome | None = None

    def __str__(self) -> str:
        """For the failing test's message."""
        return f"after {len(self.answers)} calls{f': {self.outcome}' if self.outcome else ''}"


class _Left(BaseException):
    """The attempt is left at a call. Not an `Exception`, as the end of a process is none either."""


class Stepper:
    """Stands in for DynamoDB's client and passes its calls on, or gives the answers of before."""

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
        """Stands in for the gateway's `uuid.uuid4`: an attempt run again must ask for the same ids."""
        return SimpleNamespace(hex=self._new_id())

    def run(self, attempt: Attempt) -> Outcome:
        """Runs an attempt to its end."""
        return self._watched(attempt, lambda call: call())

    def run_with_lost_call(self, attempt: Attempt, lost: int, *, arrives: bool) -> Outcome | None:
        """Runs an attempt whose call of that number times out; returns None if it does not make so many.

        Args:
            attempt: What to run.
            lost: The number of the call, from 1.
            arrives: Whether DynamoDB did what was asked, and only its answer is lost.
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
        """Yields every state that the attempts, running at once, can be in, with the tables as they are in it."""
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
        """Yields, with the tables as they are in it, each state that the attempts can leave if all of them crash.

        States with the same rows count once. Yields how far the attempts had come.
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
                raise _Left
            if len(answers) == len(progress.answers):
                answers.append(_ask(call))
            else:
                answers.append(progress.answers[len(answers)])
            return answers[-1].give()

        try:
            outcome = self._watched(attempt, on_call)
        except _Left:
            return Progress(tuple(answers))
        return Progress(tuple(answers), outcome)

    def _watched(self, attempt: Attempt, on_call: Callable[[Callable[[], dict[str, Any]]], dict[str, Any]]) -> Outcome:
        ids = (f"{attempt.name}-{number}" for number in range(100))
        before = self._on_call, self._new_id
        self._on_call, self._new_id = on_call, lambda: next(ids)
        try:
            return Outcome(answer=attempt.run())
        except Exception as error:  # whatever it is, it is how the attempt ended
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
