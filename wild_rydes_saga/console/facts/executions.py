"""The rides' executions, newest first: listed once for all open pages, and kept, since an ended one never changes."""

import contextlib
import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import ClientError

from wild_rydes_saga.console.facts.execution import RUNNING, Described, Execution, described, execution_of
from wild_rydes_saga.console.facts.express.rides import ExpressRides
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.deployed.operations.express_runs import is_express
from wild_rydes_saga.deployed.operations.ride_report import RIDDEN

MOST: Final = 10_000
"""Executions that are kept of each machine: an older ride is found by its execution's name or its fare."""
_HEAD: Final = 100
_PAGE: Final = 1_000
"""Executions in one answer of ListExecutions, at most."""
_HANDLE: Final = 24
_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")
"""A handle has no digits: some of them would pass as a card's."""


@dataclass
class Executions:
    """All rides that are known, by their saga ids.

    Attributes:
        source: The stack.
        secret: Makes handles: a page names a ride by one, since an execution's name may be anything.
    """

    source: Source
    secret: bytes = field(repr=False)
    express: ExpressRides = field(init=False)
    _known: dict[str, Execution] = field(default_factory=dict, init=False)
    _handles: dict[str, str] = field(default_factory=dict, init=False)
    _order: list[Execution] | None = field(default=None, init=False)
    _next: dict[str, str | None] = field(default_factory=dict, init=False)
    _of_stack: str = field(default="", init=False)

    def __post_init__(self) -> None:
        """Those on Express are found in another way."""
        self.express = ExpressRides(self.source)

    @property
    def machines(self) -> list[str]:
        """The Standard machines whose executions are rides."""
        outputs = self.source.outputs
        return [outputs[name] for name in RIDDEN if name in outputs]

    @property
    def newest_first(self) -> Sequence[Execution]:
        """All that are known."""
        if self._order is None:
            self._order = sorted(self._known.values(), key=lambda one: one.started, reverse=True)
        return self._order

    @property
    def is_complete(self) -> bool:
        """Whether all that are to be listed have been."""
        return bool(self._next) and all(token is None for token in self._next.values()) and self.express.is_complete

    def handle(self, saga_id: str) -> str:
        """The name by which a page knows a ride."""
        digest = hmac.new(self.secret, saga_id.encode(), hashlib.sha256).hexdigest()
        made = digest[:_HANDLE].translate(_LETTERS)
        self._handles[made] = saga_id
        return made

    def saga_id(self, handle: str) -> str | None:
        """The ride of a handle that was given out; None if it was not."""
        return self._handles.get(handle)

    def get(self, saga_id: str) -> Execution | None:
        """One that is known."""
        return self._known.get(saga_id)

    def note(self, found: Execution) -> None:
        """Notes one that was read by itself."""
        if self._known.get(found.saga_id) != found:
            self._known[found.saga_id] = found
            self._order = None

    def refresh(self) -> None:
        """Lists the newest executions of each machine, and one more page of the older ones."""
        if self._of_stack != (stack := "".join([*self.machines, self.express.machine])):
            self._of_stack = stack
            self._known.clear()
            self._next.clear()
            self.express.clear()
            self._order = None
        for machine in self.machines:
            newest = self._list(machine, maxResults=_HEAD)
            listed = {one.saga_id for one in newest}
            if machine in self._next:
                self._read_on(machine)
            else:
                self._next[machine] = self._token
            self._close_gap(machine, newest)
            self._end(machine, listed)
        for found in self.express.refresh():
            self.note(found)

    def _list(self, machine: str, **options: Any) -> list[Execution]:
        answer = self.source.client("stepfunctions").list_executions(stateMachineArn=machine, **options)
        self._token: str | None = answer.get("nextToken")
        found = [execution_of(one) for one in answer["executions"]]
        for one in found:
            self.note(one)
        return found

    def _read_on(self, machine: str) -> None:
        token = self._next[machine]
        if token is None:
            return
        of_machine = sum(one.machine == machine for one in self._known.values())
        if of_machine >= MOST:
            self._next[machine] = None
            return
        self._list(machine, maxResults=min(_PAGE, MOST - of_machine), nextToken=token)
        self._next[machine] = self._token

    def _close_gap(self, machine: str, newest: Sequence[Execution]) -> None:
        """Lists on if more rides were started since the last time than one short page has."""
        known_before = any(one.saga_id in self._seen for one in newest)
        if self._seen_machines.get(machine) and newest and not known_before and len(newest) == _HEAD:
            self._list(machine, maxResults=_PAGE)
        self._seen_machines[machine] = True
        self._seen.update(one.saga_id for one in newest)

    _seen: set[str] = field(default_factory=set, init=False)
    _seen_machines: dict[str, bool] = field(default_factory=dict, init=False)

    def _end(self, machine: str, listed: Iterable[str]) -> None:
        """Reads those that ran, and are too old for the short page: they may have ended."""
        fresh = set(listed)
        running = [
            one
            for one in self._known.values()
            if one.machine == machine and one.is_running and one.saga_id not in fresh
        ]
        if not running:
            return
        still = {one.saga_id for one in self._list(machine, maxResults=_PAGE, statusFilter=RUNNING)}
        for one in [each for each in running if each.saga_id not in still][:_HEAD]:
            self.read(one.saga_id)

    def read(self, saga_id: str) -> Described | None:
        """Describes one; None if AWS does not have it."""
        if is_express(saga_id):
            return self.read_rows([saga_id]).get(saga_id)
        try:
            answer: dict[str, Any] = self.source.client("stepfunctions").describe_execution(executionArn=saga_id)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("ExecutionDoesNotExist", "InvalidArn"):
                self._known.pop(saga_id, None)
                self._order = None
                return None
            raise
        self.note(execution_of(answer))
        return described(answer)

    def read_rows(self, saga_ids: Sequence[str]) -> dict[str, Described]:
        """Describes rides on Express, by their rows; one that is not known is left out."""
        found = {one: self.express.described(one) for one in self.express.read(saga_ids)}
        for saga_id in found:
            self.note(self.express.execution(saga_id))
        return {saga_id: one for saga_id, one in found.items() if one is not None}

    def named(self, name: str) -> Iterator[Execution]:
        """The executions of exactly that name, or of that ARN, also those that are too old to be listed."""
        starts = [machine.replace(":stateMachine:", ":execution:") + ":" for machine in self.machines]
        for start in filter(None, [*starts, self.express.start]):
            arn = name if name.startswith(start) else start + name
            if len(arn) > len(start) and ":" not in arn.removeprefix(start):
                with contextlib.suppress(ClientError):
                    self.read(arn)
            if arn in self._known:
                yield self._known[arn]
