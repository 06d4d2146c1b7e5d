"""The field rules of the fare's input as JSONata: the machine applies the handlers' rules before them."""

from dataclasses import dataclass
from typing import Final

from lambda_src.fare import CARD_FIELDS, FARE_FIELDS, TOKEN, FieldRule, Intake

FARE: Final = "$states.context.Execution.Input"
"""The execution's input. Each state reads it itself, so that no card passes from state to state."""


@dataclass(frozen=True, kw_only=True)
class RideSource:
    """JSONata expressions by which a task finds its ride.

    Attributes:
        saga_id: The saga's id, the ARN of its execution.
        start_time: When that execution started, in ISO 8601 to the millisecond: texts that sort by time.
        fare: An object with the fare's own fields.
    """

    saga_id: str
    start_time: str
    fare: str


THIS_EXECUTION: Final = RideSource(
    saga_id="$states.context.Execution.Id",
    start_time="$fromMillis($toMillis($states.context.Execution.StartTime))",
    fare=FARE,
)
"""The ride of the execution itself."""

RIDE: Final = "ride"
"""Variable: the ride of a recovery, or of an Express execution: its `sagaId` and its `startTime`."""
EXPRESS_RIDE: Final = RideSource(saga_id=f"${RIDE}.sagaId", start_time=f"${RIDE}.startTime", fare=FARE)
"""The ride of an Express execution, whose id stands for one delivery of it, and not for the ride."""
RECOVERED_RIDE: Final = RideSource(saga_id=f"${RIDE}.sagaId", start_time=f"${RIDE}.startTime", fare=f"${RIDE}")
"""The ride of another execution, read by its recovery."""

# A regular expression's `$` allows a line feed at the end, so a value fits only if nothing of it is left.
_FITS: Final = (
    " $fits := function($value, $form) {"
    " $type($value) = 'string' ? ($value != '' and $replace($value, $form, '') = '') : false };"
)


def expression(body: str) -> str:
    """Puts a JSONata expression between its marks."""
    return f"{{% {body} %}}"


def wrong_fields_cause(intake: Intake) -> str:
    """A JSONata expression for the wrong fields of the input, each with its fix; '' if every field is valid.

    It quotes no value, and cannot fail on any input.
    """
    return f"({_prelude(FARE)} {_wrong_fields(intake)})"


def valid_field(field: str) -> str:
    """A JSONata expression for a field of the fare, or an empty text if it is wrong."""
    return f"({_prelude(FARE)} {_fits(field, FARE_FIELDS[field])} ? $fare.{field} : '')"


def checked(field: str, intake: Intake) -> str:
    """A JSONata expression for a field's value, which fails (`States.QueryEvaluationError`) if any field is wrong."""
    return f"({_prelude(FARE)} $wrong := {_wrong_fields(intake)}; $assert($wrong = '', $wrong); $fare.{field})"


def valid_fields(ride: RideSource) -> str:
    """A JSONata expression for an object with the valid fields of the fare, without the card's."""
    pairs = ", ".join(f"'{name}': {_fits(name, rule)} ? $fare.{name}" for name, rule in FARE_FIELDS.items())
    return f"({_prelude(ride.fare)} {{{pairs}}})"


def fare_is_named(ride: RideSource) -> str:
    """A JSONata expression for whether the fare's id is valid."""
    return f"({_prelude(ride.fare)} {_fits('fareId', FARE_FIELDS['fareId'])})"


def _prelude(fare: str) -> str:
    return f"$fare := $type({fare}) = 'object' ? {fare} : {{}};{_FITS}"


def _wrong_fields(intake: Intake) -> str:
    """The wrong fields: of the fare; then of what it is paid with."""
    fits = {**{name: (_fits(name, rule), rule) for name, rule in FARE_FIELDS.items()}, **_payment_fits(intake)}
    wrong = ", ".join(f"{fit} ? '' : '{name} must be {rule.must_be}'" for name, (fit, rule) in fits.items())
    join = "function($listed, $next) { $next = '' ? $listed : ($listed = '' ? $next : $listed & '; ' & $next) }"
    return f"$reduce([{wrong}], {join}, '')"


def _payment_fits(intake: Intake) -> dict[str, tuple[str, FieldRule]]:
    """What a ride is paid with: if there is a token, the token, or else the card's fields if cards may come in."""
    alone = " and ".join([_fits(TOKEN, intake.token), *(f"$not($exists($fare.{name}))" for name in CARD_FIELDS)])
    if not intake.cards:
        return {TOKEN: (f"({alone})", intake.token)}
    has_token = f"$exists($fare.{TOKEN})"
    return {
        TOKEN: (f"($not({has_token}) or ({alone}))", intake.token),
        **{name: (f"({has_token} or {_fits(name, rule)})", rule) for name, rule in CARD_FIELDS.items()},
    }


def _fits(name: str, rule: FieldRule) -> str:
    fits = f"$fits($fare.{name}, {_regex(rule.pattern)})"
    if rule.refused is None:
        return fits
    return f"({fits} and $not($fits($fare.{name}, {_regex(rule.refused)})))"


def _regex(pattern: str) -> str:
    """A JSONata regular expression for an entire value."""
    return "/^(?:" + pattern.replace("/", r"\/") + ")$/"
