"""The chapters on failures: catch, undo, retry."""

from typing import Final

from wild_rydes_saga.lab.chapters.chapter import Chapter

FAILING: Final = (
    Chapter(
        number=6,
        name="catch",
        title="Catch the failures",
        goal="Lead each business error to the end of a failed ride: settle the fare as `failed`, notify, and end in a"
        " Fail state with the same error. The rides `_fail_auth` and `_fail_charge` are then as the lab says.",
        payload=(
            ("ErrorEquals", "`PaymentAuthException`, `PaymentChargeException`; `AccountCreditException`"),
            ("Assign", "`failure`, with `step`, `error` and `cause`: `$states.errorOutput.Error` and `.Cause`"),
            ("SetFareStatusFailed", "as SetFareStatusCompleted, with `failed`"),
            ("NotifyFailure", '`fareStatus` is `failed`, `IsSuccessful` is `"false"`, and `failure` is in the message'),
        ),
        hint='A Fail state can read a variable: `"Error": "{% $failure.error %}"`.',
        holes=(
            "States/ChargeFare/Catch/0/ErrorEquals",
            "States/CustomerAccountCredit/Catch/0/ErrorEquals",
            "States/SetFareStatusFailed/Arguments/UpdateExpression",
            "States/NotifyFailure/Arguments/MessageAttributes",
            "States/FareProcessingFailed/Error",
        ),
    ),
    Chapter(
        number=7,
        name="undo",
        title="Undo what was done",
        goal="Undo each step that was done, the newest first. The named errors say that their step did nothing."
        " Any other error, such as a timeout, is doubt: the step may have been done, so its own compensation runs too.",
        payload=(
            (
                "RefundFare",
                "`${RefundFareFunctionArn}`, with `sagaId`, `startTime`, `customerId`, `fareId`, `fareAmount`",
            ),
            ("ReverseAccountCredit", "`${ReverseAccountCreditFunctionArn}`, with the same"),
            ("`States.ALL`", "every other error; it stands last, and alone"),
            (
                "`DynamoDB.ConditionalCheckFailedException` of RegisterFare",
                "another ride holds the fare: change nothing, and end",
            ),
        ),
        hint="Go through each state and ask: what may have been done when this error comes? Lead to the compensation of"
        " the newest such step.",
        holes=(
            "States/ChargeFare/Catch/1/Next",
            "States/CustomerAccountCredit/Catch/0/Next",
            "States/CustomerAccountCredit/Catch/1/Next",
            "States/ReverseAccountCredit/Next",
            "States/RefundFare/Next",
            "States/RefundFare/Arguments/Payload",
        ),
    ),
    Chapter(
        number=8,
        name="retry",
        title="Retry, and give up safely",
        goal="Give each task a timeout and retries. A compensation that still fails is noted and passed, so that the"
        " others run. Such a ride must not be settled: SetFareStatusFailed asserts that nothing was noted, and the"
        " recovery finishes the ride. `make check` now wants no finding of `sagalint`.",
        payload=(
            ("TimeoutSeconds", "above the function's 20 s and its cold start: 35; 10 for a table or a topic"),
            ("Retry of ChargeFare", "Lambda's own errors, and `GatewayBusy`, `LedgerBusy`, `VaultBusy`"),
            ("Retry of CustomerAccountCredit", "Lambda's own errors, and `LedgerBusy`"),
            ("Retry of all others", "`States.ALL`; a failed condition never, with `MaxAttempts` 0"),
            ("notUndone", "a variable: the compensations that gave up"),
        ),
        hint="Lambda's errors are listed in the skeleton. `sagalint` names what is missing, with a path that shows it.",
        holes=(
            "States/CustomerAccountCredit/Retry/0/ErrorEquals",
            "States/RefundFare/Retry",
            "States/ReverseAccountCredit/Catch/0/Next",
            "States/SetFareStatusFailed/Catch/0/Next",
        ),
    ),
)
