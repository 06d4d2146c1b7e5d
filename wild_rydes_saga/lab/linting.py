"""Lets sagalint check a learner's machine against the plan of the saga, with the learner's own state names."""

import json
from typing import Final

import sagalint
from lambda_src.errors import AccountCreditException, PaymentAuthException, PaymentChargeException
from lambda_src.fare import CARD_FIELDS, FARE_FIELDS, TOKEN
from sagalint.plan import CleanFailure, Messages, Plan, PlannedStep
from wild_rydes_saga.lab.checked import LintFinding
from wild_rydes_saga.lab.reading import Definition
from wild_rydes_saga.lab.roles import (
    ACTIONS,
    CHARGE,
    COMPLETE,
    CREDIT,
    FAILED,
    FAILURE,
    FUNCTIONS,
    REFUND,
    REGISTER,
    REVERSE,
    SETTLE,
    SUCCESS,
    Roles,
)
from wild_rydes_saga.lab.text.sentences import without_plan

_NOT_EVALUATED: Final = "States.QueryEvaluationError"
_SECONDS: Final = 20
"""The timeout of each function."""
CONDITION_FAILED: Final = "DynamoDB.ConditionalCheckFailedException"
CLEAN: Final = {
    REGISTER: (CONDITION_FAILED,),
    CHARGE: (PaymentAuthException.__name__, PaymentChargeException.__name__),
    CREDIT: (AccountCreditException.__name__,),
}
UNDONE_BY: Final = {REGISTER: SETTLE, CHARGE: REFUND, CREDIT: REVERSE}
TRANSIENT: Final = {CHARGE: ("GatewayBusy", "LedgerBusy", "VaultBusy"), CREDIT: ("LedgerBusy",)}
NOT_NEEDED: Final = {COMPLETE: "the ride is done: from here on it is only finished", SUCCESS: "a message is not unsent"}


def plan_for(roles: Roles) -> Plan | None:
    """The plan of the saga for a machine; None while it has not all five actions, each once."""
    if any([state in roles.machine.states for state in roles.states(action)] != [True] for action in ACTIONS):
        return None
    failure = tuple(roles.states(FAILURE))
    return Plan(
        tuple(_step(roles, action) for action in ACTIONS),
        (*failure, *roles.states(FAILED)),
        Messages(success=tuple(roles.states(SUCCESS)), failure=failure, best_effort=True),
        settles=next(iter(roles.states(SETTLE)), None),
        refusals=dict.fromkeys([*roles.states(SETTLE), *roles.states(COMPLETE)], (CONDITION_FAILED,)),
        transient={state: errors for role, errors in TRANSIENT.items() for state in roles.states(role)},
        inputs=(*FARE_FIELDS, *CARD_FIELDS, TOKEN),
        secrets={field: tuple(roles.states(CHARGE)) for field in (*CARD_FIELDS, TOKEN)},
        function_timeouts={state: _SECONDS for role in FUNCTIONS for state in roles.states(role)},
        recovered_by="the recovery of the stack",
    )


def findings_of(definition: Definition, plan: Plan) -> tuple[LintFinding, ...]:
    """What sagalint finds, the gravest first."""
    report = sagalint.check(definition.data, plan)
    return tuple(
        LintFinding(
            rule=one.rule.id,
            level=one.level.value,
            states=one.states,
            sentence=without_plan(f"{one.message[:1].upper()}{one.message[1:]}."),
            fix=without_plan(one.fix),
            line=definition.line_of(one.states[0]) if one.states else None,
        )
        for one in report.findings
    )


def _clean(roles: Roles, action: str, state: str) -> tuple[str, ...]:
    """The errors that say that an action did nothing: one is an assertion about the input, if it makes one."""
    asserts = action == REGISTER and "$assert(" in json.dumps(roles.machine.states[state].arguments)
    return (*CLEAN[action], *([_NOT_EVALUATED] if asserts else []))


def _step(roles: Roles, action: str) -> PlannedStep:
    (state,) = roles.states(action)
    if action in NOT_NEEDED:
        return PlannedStep(action=state, uncompensated_because=NOT_NEEDED[action], pivot=action == COMPLETE)
    undone_by = roles.states(UNDONE_BY[action])
    return PlannedStep(
        action=state,
        compensation=next(iter(undone_by), None),
        compensations=tuple(undone_by[1:]),
        clean_failures=tuple(CleanFailure(error=error) for error in _clean(roles, action, state)),
        undone_by_nothing=not undone_by,
    )
