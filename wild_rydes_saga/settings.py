"""What differs between the stages, in one place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn

from lambda_src.errors import OVERLOADED, RefundPending
from lambda_src.payments.gateways import MODULES, SIMULATED
from wild_rydes_saga.saga.retries import OverloadPatience, RetryPolicy, retry_all_errors

DEFAULT_STACK_NAME: Final = "wild-rydes-async-msg-4"
_STACK_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,67}")
"""A machine's name has at most 80 characters, and the longest adds `-start-here`."""


_UNITS: Final = re.compile(r"(?P<reads>[0-9]{1,8}),(?P<writes>[0-9]{1,8})")
FEWEST_READS: Final = 12_000
FEWEST_WRITES: Final = 4_000
"""What an on-demand table begins with, and cannot be lowered below (AWS, "DynamoDB warm throughput")."""
_SHARDS: Final = re.compile(r"[1-9][0-9]{0,2}")
MOST_SHARDS: Final = 100
"""As many rows as one call of BatchGetItem reads."""
STRIPE_URL: Final = "https://api.stripe.com"
_LOCAL_URL: Final = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}")
_CURRENCY: Final = re.compile(r"[a-z]{3}")
_OTHER_UNITS: Final = re.compile(
    r"bif|clp|djf|gnf|jpy|kmf|krw|mga|pyg|rwf|ugx|vnd|vuv|xaf|xof|xpf|bhd|jod|kwd|omr|tnd|huf|isk|twd"
)
"""Currencies that have no hundredths, have thousandths, or are special to Stripe (Stripe, "Supported currencies")."""
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


class SettingsError(ValueError):
    """A context value is wrong. Says which, and what it may be."""


@dataclass(frozen=True, kw_only=True)
class GatewayChoice:
    """The payment gateway of a stack.

    Attributes:
        name: Which one, by its name in `lambda_src.payments.gateways`.
        currency: The currency of every fare.
        url: Where it answers.
    """

    name: str = SIMULATED
    currency: str = "usd"
    url: str = STRIPE_URL


@dataclass(frozen=True, kw_only=True)
class WarmThroughput:
    """What each table and index can serve at once, a second, without having grown to it: read and write units."""

    reads: int
    writes: int


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A stage's choices.

    Attributes:
        stage: The stage's name.
        forced_failures: Whether a customerId's suffix can force a failure.
        completed_fare_may_ride_again: Whether a fare that was paid may be ridden, and charged, once more.
        removal_policy: What becomes of tables, queues, logs and the key when the stack goes.
        deletion_protection: Whether the stack and each table refuse to be deleted until somebody lifts that.
        point_in_time_recovery: Whether a table can be had back as it was at any second of the last 35 days.
        log_retention: How long logs are kept.
        machine_log_level: Which events of an execution go to its machine's log. AWS keeps all of them in the history,
            which operators read, for 90 days; the log need only have what went wrong.
        compensation_patience: How a compensation is retried before it is noted and passed.
        recovery_patience: How each of a recovery's tasks is retried before the ride is parked.
        refund_patience: How a recovery waits for a refund that the gateway has accepted: a bank may take days.
        overload_patience: How it is retried while AWS is too busy to do it: an overload delays, and parks nothing. Half
            a week in workshop, ten days in production: with full jitter the waits take half of their longest.
        recovery_delay: How long after an execution's bad end it is inspected.
        recovery_grace: How long after that a recovery waits for the record that the ride's message was sent.
        recoveries_at_once: How many recoveries run at the same time, whatever the load.
        gateway: Who takes the money.
        warm_throughput: What tables can serve from the first second on; None for what AWS begins with.
        balance_shards: In how many rows each customer's balance is kept: a row takes 500 credits a second, no more.
    """

    stage: str
    forced_failures: bool
    completed_fare_may_ride_again: bool
    removal_policy: RemovalPolicy
    deletion_protection: bool
    point_in_time_recovery: bool
    log_retention: logs.RetentionDays
    machine_log_level: sfn.LogLevel
    compensation_patience: RetryPolicy
    recovery_patience: RetryPolicy
    refund_patience: RetryPolicy
    overload_patience: OverloadPatience
    recovery_delay: Duration
    recovery_grace: Duration
    recoveries_at_once: int
    warm_throughput: WarmThroughput | None = None
    balance_shards: int = 1
    gateway: GatewayChoice = field(default_factory=GatewayChoice)


def checked_stack_name(name: object) -> str:
    """Returns the stack's name; raises `SettingsError` when CloudFormation or the machines' names would refuse it."""
    if isinstance(name, str) and _STACK_NAME.fullmatch(name):
        return name
    raise SettingsError(
        f"{name!r} is not a stack name: use -c stack_name=... with a letter, then at most 67 letters, digits or hyphens"
    )


def checked_email(address: object) -> str | None:
    """Returns the address that alarms go to, None if none is given; raises `SettingsError` if it is none."""
    if address is None or (isinstance(address, str) and _EMAIL.fullmatch(address)):
        return address
    raise SettingsError(f"{address!r} is not an address for alarms: use -c alarm_email=somebody@example.com")


def checked_warm_throughput(given: object) -> WarmThroughput | None:
    """Returns the warm throughput, None if none is given; raises `SettingsError` if DynamoDB would refuse it."""
    if given is None:
        return None
    if isinstance(given, str) and (found := _UNITS.fullmatch(given)):
        warm = WarmThroughput(reads=int(found["reads"]), writes=int(found["writes"]))
        if warm.reads >= FEWEST_READS and warm.writes >= FEWEST_WRITES:
            return warm
    raise SettingsError(
        f"{given!r} is not a warm throughput: use -c warm_throughput=READS,WRITES in units per second, at least"
        f" {FEWEST_READS},{FEWEST_WRITES}, which is what AWS begins with"
    )


def checked_balance_shards(given: object) -> int:
    """Returns in how many rows a balance is kept, 1 if nothing is given; raises `SettingsError` if it cannot be one."""
    if given is None:
        return 1
    if isinstance(given, str) and _SHARDS.fullmatch(given) and int(given) <= MOST_SHARDS:
        return int(given)
    raise SettingsError(f"{given!r} is not a number of rows: use -c balance_shards=1 to {MOST_SHARDS}")


def checked_gateway(name: object, currency: object = None, url: object = None) -> GatewayChoice:
    """Returns the payment gateway, the simulated one if none is given; raises `SettingsError` if there is no such one.

    Args:
        name: `simulated` or `stripe`.
        currency: A currency with hundredths, in three small letters; `usd` if None.
        url: Where Stripe answers, if that is its double on this machine.
    """
    if name is not None and name not in MODULES:
        raise SettingsError(f"there is no payment gateway {name!r}: use -c gateway={' or '.join(MODULES)}")
    if not isinstance(name, str) or name == SIMULATED:
        if currency is not None or url is not None:
            raise SettingsError("currency and stripe_url belong to the Stripe gateway: use -c gateway=stripe with them")
        return GatewayChoice()
    if currency is not None and not (isinstance(currency, str) and _CURRENCY.fullmatch(currency)):
        raise SettingsError(f"{currency!r} is not a currency: use -c currency=usd, in three small letters")
    if isinstance(currency, str) and _OTHER_UNITS.fullmatch(currency):
        raise SettingsError(f"{currency} has no hundredths, which every fare has: use another -c currency")
    if url is not None and not (isinstance(url, str) and (url == STRIPE_URL or _LOCAL_URL.fullmatch(url))):
        raise SettingsError(f"{url!r} is not where Stripe answers: use {STRIPE_URL}, or its double on 127.0.0.1")
    return GatewayChoice(name=name, currency=str(currency or "usd"), url=str(url or STRIPE_URL))


def settings_for(stage: str) -> Settings:
    """Returns a stage's settings; raises `SettingsError` when there is no such stage."""
    try:
        return STAGES[stage]
    except KeyError:
        known = " or ".join(STAGES)
        raise SettingsError(f"there is no stage {stage!r}: use -c stage={known}") from None


def _refund_patience(*, max_attempts: int, interval_seconds: int, max_delay_seconds: int) -> RetryPolicy:
    """Asks after a pending refund ever more rarely: each time costs a state transition and a call of the gateway."""
    return RetryPolicy(
        errors=(RefundPending.__name__,),
        max_attempts=max_attempts,
        interval_seconds=interval_seconds,
        max_delay_seconds=max_delay_seconds,
    )


STAGES: Final[Mapping[str, Settings]] = {
    "workshop": Settings(
        stage="workshop",
        forced_failures=True,
        completed_fare_may_ride_again=True,
        removal_policy=RemovalPolicy.DESTROY,
        deletion_protection=False,
        point_in_time_recovery=False,
        log_retention=logs.RetentionDays.ONE_WEEK,
        machine_log_level=sfn.LogLevel.ALL,
        compensation_patience=retry_all_errors(max_attempts=5),
        recovery_patience=retry_all_errors(max_attempts=6, interval_seconds=2, max_delay_seconds=60),  # 3 minutes
        refund_patience=_refund_patience(max_attempts=24, interval_seconds=10, max_delay_seconds=600),  # 4 hours
        overload_patience=OverloadPatience(handlers_busy=OVERLOADED, max_attempts=2000, max_delay_seconds=300),
        recovery_delay=Duration.seconds(10),
        recovery_grace=Duration.seconds(20),
        recoveries_at_once=20,
    ),
    "production": Settings(
        stage="production",
        forced_failures=False,
        completed_fare_may_ride_again=False,
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        deletion_protection=True,
        point_in_time_recovery=True,
        log_retention=logs.RetentionDays.ONE_YEAR,
        machine_log_level=sfn.LogLevel.ERROR,
        compensation_patience=retry_all_errors(max_attempts=8),
        recovery_patience=retry_all_errors(max_attempts=20, interval_seconds=5, max_delay_seconds=900),  # 4 hours
        refund_patience=_refund_patience(max_attempts=84, interval_seconds=300, max_delay_seconds=21_600),  # 20 days
        overload_patience=OverloadPatience(handlers_busy=OVERLOADED, max_attempts=2000, max_delay_seconds=900),
        recovery_delay=Duration.minutes(1),
        recovery_grace=Duration.minutes(2),
        recoveries_at_once=100,
    ),
}
