"""What the tests of the doors have in common: bad inputs, answers, and what was written. No failure prints an input."""

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Final

from botocore.exceptions import ClientError

from lambda_src.fare import CARD_FIELDS, FARE_FIELDS, TOKEN, invalid_fare_cause
from tests.faults.card import CARD, betrayed
from wild_rydes_saga.local.rides import Rides, path_of
from wild_rydes_saga.local.stacks import Outputs

TABLES: Final = {
    "FaresTableName": "fareId",
    "PaymentsTableName": "sagaId",
    "GatewayTableName": "operationKey",
    "AccountsTableName": "accountKey",
    "CardsTableName": "tokenDigest",
}
"""Every table's key."""
RIDE_FIELDS: Final = ("sagaId", "startTime", *FARE_FIELDS)
TOKENISED: Final = ("customerId", *CARD_FIELDS)
UNKNOWN_TOKEN: Final = f"tok_{'0' * 32}"

MARK: Final = "never-to-be-quoted"
"""In every wrong text: to be found in no answer and no row."""
NESTED: Final = 500
"""Deep enough for any rule; the runtimes themselves give up at some thousands."""
AT_ONCE: Final = 2
"""Executions beside each other that call a function: the emulator starts a worker for each call at a time."""
FALSE: Final = ("null", "false", "an empty list")
"""Tokens that a language may take for none."""
HANDLERS: Final = ("ChargeFareFunction", "RefundFareFunction", "CreditCustomerAccou", "ReverseAccountCredit")
LOOKED_AT: Final = ("null", "a number", "another machine", "never was")
"""Those that the machine too is given: its look is the same."""
IN_LISTS: Final = ("a list of a right one", "very many lists")
NO_SETTING: Final[Mapping[str, object]] = {"null": None, "a text": MARK, "an empty list": [], "an empty object": {}}
PYTHONS_OWN: Final = ("KeyError", "TypeError", "AttributeError", "ValueError", "IndexError", "RecursionError")
REFUSED: Final = ("RegisterFare", "NotifyFailure", "FareProcessingFailed")
NOT_CHARGED: Final = ("RegisterFare", "ChargeFare", "SetFareStatusFailed", *REFUSED[1:])
WRONG_BESIDE: Final = ("customerId", "fareAmount", TOKEN)
NO_TROUBLE: Final = {"null": None, "a text": MARK, "a list": [MARK], "an empty object": {}, "without": {"error": MARK}}
NO_LIST: Final = {"null": None, "a number": 7, "true": True}

Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One bad input. Prints as its label alone: it may hold a card.

    Attributes:
        label: What is bad about it.
        given: The input.
        wrong: The fields that the answer must name, in their order.
    """

    label: str
    given: object = field(repr=False)
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a function answered: the error's name and message, if it raised one, and all of the text."""

    error: str | None
    told: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True)
class Tables:
    """Every row of every table of the stack, by table and key, but those that DynamoDB may delete meanwhile."""

    rides: Rides
    expired_at: float

    def read(self) -> dict[str, dict[str, Row]]:
        """All rows."""
        return {table: dict(self._rows(table)) for table in TABLES}

    def changed_since(self, before: Mapping[str, Mapping[str, Row]]) -> list[str]:
        """The tables that are not as they were."""
        now = self.read()
        return [f"{table} was written to" for table in TABLES if now[table] != before[table]]

    def restore(self, before: Mapping[str, Mapping[str, Row]]) -> None:
        """Deletes and puts back whatever was written since."""
        client = self.rides.account.client("dynamodb")
        for table, now in self.read().items():
            name, key = self.rides.outputs[table], TABLES[table]
            for one, row in now.items():
                if one not in before[table]:
                    client.delete_item(TableName=name, Key={key: row[key]})
            for one, row in before[table].items():
                if now.get(one) != row:
                    client.put_item(TableName=name, Item=row)

    def _rows(self, table: str) -> Iterator[tuple[str, Row]]:
        key = TABLES[table]
        pages = self.rides.account.client("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=self.rides.outputs[table], ConsistentRead=True):
            for row in page["Items"]:
                if "expiresAt" not in row or int(row["expiresAt"]["N"]) > self.expired_at:
                    yield row[key]["S"], row


def wait_until_quiet(rides: Rides, *, patience_seconds: float = 30) -> None:
    """Waits until no execution runs any more, of the saga or of its recovery."""
    client = rides.account.client("stepfunctions")

    def moving() -> bool:
        machines = (rides.outputs["FareSagaArn"], rides.outputs["RecoveryArn"])
        return any(
            client.list_executions(stateMachineArn=one, statusFilter="RUNNING")["executions"] for one in machines
        )

    deadline, looks = time.monotonic() + patience_seconds, 0
    while looks < 2:
        assert time.monotonic() < deadline, "executions are still running"
        looks = 0 if moving() else looks + 1
        time.sleep(0.1)


def nested(leaf: object) -> object:
    """The leaf in very many lists."""
    for _ in range(NESTED):
        leaf = [leaf]
    return leaf


def no_objects(base: Mapping[str, object], wrong: tuple[str, ...]) -> list[Case]:
    """Inputs that are no object, or an empty one."""
    given = {
        "null": None,
        "a text": MARK,
        "a number": 7,
        "true": True,
        "an empty list": [],
        "a list of a right one": [dict(base)],
        "very many lists": nested(dict(base)),
        "an empty object": {},
    }
    return [Case(label, value, wrong) for label, value in given.items()]


def wrong_fields(base: Mapping[str, object], fields: Sequence[str]) -> list[Case]:
    """Inputs of which one field is missing, or that are wrong in every field in the same way."""
    ways: dict[str, Callable[[object], object]] = {
        "null": lambda _: None,
        "a number": lambda _: 7,
        "true": lambda _: True,
        "an empty text": lambda _: "",
        "an oversized text": lambda _: MARK * 1000,
        "an empty list": lambda _: [],
        "a list of a right one": lambda right: [right],
        "an object": lambda right: {MARK: right},
        "very many lists": nested,
    }
    forms: dict[str, Callable[[object], object]] = {
        "right but for a line feed": lambda right: f"{right}\n",
        "another text": lambda _: MARK,
    }
    formed = tuple(name for name in fields if name not in ("sagaId", "customerId", "fareId"))  # which any text may be
    return [
        *(Case(f"{one} missing", {name: base[name] for name in base if name != one}, (one,)) for one in fields),
        *(Case(f"every field {label}", spoilt(base, fields, way), tuple(fields)) for label, way in ways.items()),
        *(Case(f"every field {label}", spoilt(base, formed, way), formed) for label, way in forms.items()),
    ]


def spoilt(base: Mapping[str, object], fields: Iterable[str], way: Callable[[object], object]) -> dict[str, object]:
    """An input with some of its fields made wrong."""
    return {**base, **{name: way(base[name]) for name in fields}}


def function(rides: Rides, part: str) -> str:
    """The name of the one function whose name has the part."""
    pages = rides.account.client("lambda").get_paginator("list_functions").paginate()
    (name,) = [one["FunctionName"] for page in pages for one in page["Functions"] if part in one["FunctionName"]]
    return str(name)


def invoke(rides: Rides, function_name: str, case: Case) -> Answer:
    """Calls a function as `aws lambda invoke` does."""
    answer = rides.account.client("lambda").invoke(FunctionName=function_name, Payload=json.dumps(case.given))
    text = answer["Payload"].read().decode()
    if "FunctionError" not in answer:
        return Answer(None, "", text)
    error = json.loads(text)
    return Answer(error["errorType"], error["errorMessage"], text)


def quotes(text: str) -> bool:
    """Tells whether a text quotes the card or anything else of an input that was wrong."""
    return bool(betrayed(text)) or MARK in text


def unlike_a_refusal(case: Case, answer: Answer, error: str, told: str) -> list[str]:
    """In which respects an answer is not the error that it must be; quotes neither the input nor the answer."""
    found = []
    if answer.error != error:
        found.append(f"{case.label}: ended with {answer.error}, not {error}")
    elif answer.told != told:
        found.append(f"{case.label}: the message does not say just what is wrong and what it must be")
    if quotes(answer.text):
        found.append(f"{case.label}: the input is quoted")
    return found


def differences(rides: Rides, tables: Tables, function_name: str, error: str, cases: Sequence[Case]) -> list[str]:
    """What a function answers otherwise than by the error that names each wrong field, or writes."""
    before = tables.read()
    found = []
    for case in cases:
        answer = invoke(rides, function_name, case)
        found += unlike_a_refusal(case, answer, error, invalid_fare_cause(case.wrong))
    found += tables.changed_since(before)
    tables.restore(before)
    return found


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def nobodys_ride(rides: Rides) -> dict[str, str]:
    """What a handler is given of a ride, but of one that never was."""
    return {
        "sagaId": executions_of(rides, "FareSagaArn") + f"doors-{uuid.uuid4().hex}",
        "startTime": "2026-01-01T00:00:00.000Z",
        "customerId": f"doors-{uuid.uuid4().hex}",
        "fareId": f"doors-{uuid.uuid4().hex}",
        "fareAmount": "$20.00",
    }


def executions_of(rides: Rides, machine_output: str) -> str:
    """What the ARN of every execution of a machine begins with."""
    return rides.outputs[machine_output].replace(":stateMachine:", ":execution:") + ":"


def wrong_payments(ride: Mapping[str, object]) -> list[Case]:
    """A ride that is paid with a token of a wrong form or type, or with a token and a card."""
    forms = {
        "null": None,
        "a number": 7,
        "true": True,
        "false": False,
        "an empty list": [],
        "a list of a right one": [UNKNOWN_TOKEN],
        "an object": {"token": UNKNOWN_TOKEN},
        "very many lists": nested(UNKNOWN_TOKEN),
        "another text": MARK,
        "too short": UNKNOWN_TOKEN[:-1],
        "too long": f"{UNKNOWN_TOKEN}0",
        "an oversized text": UNKNOWN_TOKEN * 3000,
        "in capitals": UNKNOWN_TOKEN.upper(),
        "no hexadecimal": f"tok_{'g' * 32}",
        "with a line feed after it": f"{UNKNOWN_TOKEN}\n",
        "with a line feed before it": f"\n{UNKNOWN_TOKEN}",
        "in other digits": f"tok_{'０' * 32}",
        "a card's number": CARD["cc"],
    }
    beside: dict[str, Mapping[str, object]] = {
        "a whole card": CARD,
        "a card's number": {"cc": CARD["cc"]},
        "a card's code": {"cvv": CARD["cvv"]},
        "a card that is null": {"cc": None},
        "a card that is a list": {"cc": [CARD["cc"]]},
    }
    return [
        *(Case(f"the token is {label}", {**ride, TOKEN: form}, (TOKEN,)) for label, form in forms.items()),
        *(Case(f"a card beside a token that is {one}", {**ride, **CARD, TOKEN: forms[one]}, (TOKEN,)) for one in FALSE),
        *(
            Case(f"beside the token {one}", {**ride, TOKEN: UNKNOWN_TOKEN, **more}, (TOKEN,))
            for one, more in beside.items()
        ),
    ]


def no_executions(rides: Rides) -> list[Case]:
    """Values that are the ARN of no execution of the saga, nor of a recovery that was given one."""
    saga, recovery = (executions_of(rides, output) for output in ("FareSagaArn", "RecoveryArn"))
    values = {
        "null": None,
        "a number": 7,
        "true": True,
        "an empty text": "",
        "another text": MARK,
        "an oversized text": MARK * 6000,
        "a name alone": f"doors-{uuid.uuid4().hex}",
        "a machine's": rides.outputs["FareSagaArn"],
        "an alias's": rides.outputs["FareSagaAliasArn"],
        "of another machine": executions_of(rides, "StartHereArn") + "one",
        "of another account": saga.replace(":000000000000:", ":111111111111:") + "one",
        "without a name": saga,
        "with a line feed after it": f"{saga}one\n",
        "with a line feed before it": f"\n{saga}one",
        "with a line feed in its name": f"{saga}o\nne",
        "with a space in its name": f"{saga}o ne",
        "with a part too many": f"{saga}one:two",
        "with a name too long": saga + "x" * 81,
        "in other letters": f"{saga}one".upper(),
        "of a recovery that never was": f"{recovery}doors-{uuid.uuid4().hex}",
        "of a recovery with a line feed after it": f"{recovery}one\n",
    }
    return [Case(f"executionArn is {label}", {"executionArn": value}) for label, value in values.items()]


def no_arns() -> list[Case]:
    """Values that are no text."""
    values = {"an empty list": [], "a list": [MARK], "an object": {MARK: MARK}, "very many lists": nested(MARK)}
    return [Case(f"executionArn is {label}", {"executionArn": value}) for label, value in values.items()]


def needed(rides: Rides) -> str:
    """What is said to who gives no execution."""
    return f"executionArn must be the ARN of an execution of {rides.outputs['FareSagaArn'].rpartition(':')[2]}"


def look_of(rides: Rides) -> Row:
    """What the recovery's machine gives to its look, beside the execution."""
    given = rides.definition("RecoveryArn")["States"]["InspectExecution"]["Arguments"]["Payload"]
    fixed: Row = {**given, "recoveryArn": rides.outputs["RecoveryArn"]}
    del fixed["executionArn"]
    return fixed


def fare(**changed: object) -> dict[str, object]:
    """An input for a fare of its own, without what pays for it."""
    named = {"customerId": f"doors-{uuid.uuid4().hex}", "fareId": f"doors-{uuid.uuid4().hex}", "fareAmount": "$20.00"}
    return {**named, **changed}


def side_by_side(rides: Rides, cases: Sequence[Case]) -> Iterator[tuple[Case, str]]:
    """Starts the rides of some cases, a few at a time: the recovery of each that fails calls a function."""
    for start in range(0, len(cases), AT_ONCE):
        yield from [(case, rides.start(case.given)) for case in cases[start : start + AT_ONCE]]


def paid_with(given: object) -> Row:
    """What a case's ride is paid with."""
    assert isinstance(given, dict)
    return given


def tokenised(rides: Rides, customer_id: str) -> str:
    """A token of a customer's."""
    answer = invoke(rides, rides.outputs["TokeniseFunctionName"], Case("right", {"customerId": customer_id, **CARD}))
    return str(json.loads(answer.text)[TOKEN])


def expire(rides: Rides, token: str) -> None:
    """Lets a token's time be over."""
    rides.account.client("dynamodb").update_item(
        TableName=rides.outputs["CardsTableName"],
        Key={"tokenDigest": {"S": digest(token)}},
        UpdateExpression="SET expiresAt = :now",
        ExpressionAttributeValues={":now": {"N": str(int(time.time()))}},
    )


def refusal(rides: Rides, machine: str, **start: str) -> str | None:
    """The error with which AWS refuses to start an execution; None if it starts one."""
    client = rides.account.client("stepfunctions")
    try:
        client.start_execution(stateMachineArn=rides.outputs.get(machine, machine), **start)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def recovered(rides: Rides, cases: Sequence[Case]) -> dict[str, tuple[str, str]]:
    """Starts recoveries, as the rule does; returns by label each one's cause, and the state in which it ended."""
    client = rides.account.client("stepfunctions")
    watched = replace(rides, poll_seconds=0.02)

    def recover(case: Case) -> tuple[str, str]:
        arn = client.start_execution(
            stateMachineArn=rides.outputs["RecoveryAliasArn"],
            name=f"doors-{uuid.uuid4().hex}",
            input=json.dumps(case.given),
        )["executionArn"]
        return watched.wait(arn).get("cause", ""), path_of(rides.history(arn))[-1]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {case.label: ended for case, ended in zip(cases, pool.map(recover, cases), strict=True)}


def recoveries(rides: Rides) -> set[str]:
    """The recoveries that were started until now."""
    pages = rides.account.client("stepfunctions").get_paginator("list_executions")
    found = pages.paginate(stateMachineArn=rides.outputs["RecoveryArn"])
    return {one["executionArn"] for page in found for one in page["executions"]}


def parked_message(saga_id: str, **changed: object) -> Row:
    """A message as a recovery writes it."""
    return {
        "sagaId": saga_id,
        "fareId": "doors",
        "stillToDo": [],
        "trouble": {"state": "InspectExecution", "error": "States.Timeout", "cause": "slow"},
        "recoveryArn": "arn",
        "parkedAt": "2026-01-01T00:00:00.000Z",
        **changed,
    }


def no_parked_messages(saga_id: str) -> dict[str, str]:
    """Bodies that no recovery writes, about no ride."""
    right = parked_message(saga_id)
    objects = {
        "an empty object": {},
        **{f"{name} missing": {one: right[one] for one in right if one != name} for name in right if name != "fareId"},
        **{f"trouble is {label}": {**right, "trouble": value} for label, value in NO_TROUBLE.items()},
        **{f"stillToDo is {label}": {**right, "stillToDo": value} for label, value in NO_LIST.items()},
    }
    values = {"null": None, "a number": 7, "a text": MARK, "a list": [], "a list of a right one": [right], **objects}
    return {
        **{label: json.dumps(value) for label, value in values.items()},
        "no JSON": f"{MARK} {{",
        "half of one": json.dumps(right)[:-9],
        "not a number": '{"sagaId": NaN}',
        "a number too long": "9" * 10_000,
        "huge": MARK * 14_000,
    }


def send(rides: Rides, outputs: Outputs, bodies: Iterable[str]) -> None:
    """Puts messages into the parked queue."""
    for body in bodies:
        rides.account.client("sqs").send_message(QueueUrl=outputs["ParkedQueueUrl"], MessageBody=body)


def left(rides: Rides, outputs: Outputs) -> list[str]:
    """Everything in the parked queue."""
    bodies: list[str] = []
    while (
        answer := rides.account.client("sqs")
        .receive_message(QueueUrl=outputs["ParkedQueueUrl"], MaxNumberOfMessages=10, VisibilityTimeout=60)
        .get("Messages")
    ):
        bodies += [message["Body"] for message in answer]
    return sorted(bodies)


def queued(rides: Rides) -> dict[str, int]:
    """How many messages there are, seen and hidden, in every queue of the stack that notifications can reach."""
    client = rides.account.client("sqs")
    urls = [url for url in client.list_queues()["QueueUrls"] if "-Notifications" in url]
    assert len(urls) == 4
    counted = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    found = {url: client.get_queue_attributes(QueueUrl=url, AttributeNames=[*counted])["Attributes"] for url in urls}
    return {url: sum(int(attributes[name]) for name in counted) for url, attributes in found.items()}


def text(value: str) -> dict[str, str]:
    """A message attribute."""
    return {"DataType": "String", "StringValue": value}
