"""An example for each rule, of a shop that reserves, charges and ships: what breaks it, and what keeps it."""

from typing import Final

EXAMPLES: Final = {
    "refused-by-aws": 'A retrier has "BackOffRate": 2. AWS knows BackoffRate only.',
    "doubt-not-compensated": (
        'ChargeCard has "Catch": [{"ErrorEquals": ["CardDeclined"], ...}] and nothing else. It times out after the'
        " card was charged, and the execution ends. Add a catcher for States.ALL that leads to RefundCard."
    ),
    "rollback-stops": (
        "RefundCard has no Catch. When it gives up, the execution ends, and ReleaseStock never runs. Let "
        "RefundCard catch States.ALL, note it in a variable, and lead on to ReleaseStock."
    ),
    "wrong-ending": (
        'The plan says "ending": ["OrderFailed"], and an alarm watches for it. ReleaseStock has no Catch: when it '
        "gives up, the execution ends with Lambda.Unknown, and the alarm stays silent."
    ),
    "not-one-message": (
        "ChargeCard fails, is caught, and leads to ReleaseStock and OrderFailed. NotifyFailure lies on no way from"
        " there, so nobody hears of it."
    ),
    "ends-in-success": (
        "The Catch of ChargeCard leads to ReleaseStock, which has End: true. The order failed, and the execution "
        "says SUCCEEDED. Lead on to a Fail state."
    ),
    "ends-in-failure": (
        "The order is shipped, and the path ends in the Fail state OrderFailed. A retry of failed executions ships "
        "it again."
    ),
    "step-left-out": (
        "A Choice leads past ChargeCard to Shipped when the amount is missing. The order is shipped, and nothing "
        "is charged."
    ),
    "nobody-recovers": (
        "The execution is aborted between ChargeCard and ShipOrder. No Catch can take that. A rule of EventBridge "
        'on ABORTED, FAILED and TIMED_OUT starts something that refunds; the plan says "recovered_by".'
    ),
    "out-of-order": (
        "The rollback runs ReleaseStock, then RefundCard. Another buyer gets the stock while the first one's card "
        "still pays for it."
    ),
    "compensated-twice": (
        "RefundCard catches States.ALL and leads to itself. The card is refunded until it works, and again if only"
        " the answer was lost."
    ),
    "nothing-to-compensate": "ReserveStock fails, and its Catch leads to RefundCard, though ChargeCard comes later.",
    "clean-failure-compensated": (
        "ChargeCard ends with CardDeclined, which means that nothing was charged, and its Catch leads to "
        "RefundCard, which finds no charge and fails."
    ),
    "undone-after-pivot": (
        "ShipOrder is the pivot. NotifyBuyer, after it, fails and leads to RefundCard: the parcel is on its way, "
        "and the money is back."
    ),
    "no-success": (
        "ShipOrder leads back to ReserveStock by mistake, and the Succeed state is never reached: each execution "
        "reserves, charges and ships again, until something fails."
    ),
    "never-chosen": (
        "The Catch of PackParcel has no ResultPath, and leads to a Choice that cancels the label if $.label is there. "
        "The error has replaced everything: the label is never cancelled."
    ),
    "replaced-by-result": (
        "ReadStock calls DynamoDB and has no ResultPath. ChargeCard, after it, reads $.orderId: the data is the answer "
        "of DynamoDB now, and each execution fails."
    ),
    "never-ends": (
        "AskCarrier leads to Wait, Wait to AskCarrier, and nothing counts the rounds. If the carrier never "
        "answers, the execution goes round until its timeout. Count in a variable, and lead out."
    ),
    "too-large": "Twelve Choices on twelve variables follow each other: 4,096 ways, each with every failure.",
    "untrue-message": (
        "NotifySuccess is sent before ChargeCard. The card is declined, and the buyer was congratulated."
    ),
    "settled-too-early": (
        "RefundCard gave up and was passed. Then CloseOrder sets the order to failed, so that nothing ever tries "
        "the refund again. Let CloseOrder $assert that nothing gave up."
    ),
    "never-settled": "CloseOrder asserts $count($gaveUp) > 0, the opposite of what is meant: it refuses every time.",
    "taken-over-too-early": (
        "The recovery refunds before it has claimed the order. The first execution wakes up and ships."
    ),
    "doubt-undone-here": (
        "ChargeCard timed out on Express, and its Catch leads to RefundCard. AWS has delivered the execution twice,"
        " and the other one ships. Lead to HandOver: the recovery claims the order first."
    ),
    "verdict-ignored": "InspectOrder answers that the order was shipped, and the recovery leads to RefundCard.",
    "not-parked": "In the recovery RefundCard has no Catch. When it gives up, nobody learns that the money is owed.",
    "timeout-too-short": (
        'The function has 60 s, its state has "TimeoutSeconds": 30. The state gives up, RefundCard finds nothing, '
        "and then the function charges. Set TimeoutSeconds above 70: a cold start takes up to 10 s."
    ),
    "no-timeout": (
        "ChargeCard has no TimeoutSeconds. A Lambda function ends after 15 minutes at most, and the machine waits "
        "that long."
    ),
    "waits-for-ever": (
        "AskBuyer waits for a task token and has neither TimeoutSeconds nor HeartbeatSeconds. The mail is lost, "
        "and the stock stays reserved for a year."
    ),
    "machine-timeout-too-short": (
        "Three tasks of 60 s with 3 retries each can take 12 minutes, and the machine has 300 s. It is stopped in "
        "the middle of a rollback."
    ),
    "not-waited-for": "RefundCard calls its function with InvocationType Event. It counts as done once it is queued.",
    "plan-unknown-state": "The plan says RefundCart, and the machine has RefundCard: the refund is not checked.",
    "failure-unnamed": 'OrderFailed is {"Type": "Fail"}. The alarm shows an execution without Error and Cause.',
    "unreachable": "No way leads to RefundCard: it protects from nothing.",
    "read-undefined": (
        "ChargeCard has no ResultPath, so its result replaces the order. RefundCard reads $.orderId, which is "
        'gone, and dies with States.Runtime. Give ChargeCard "ResultPath": "$.charge".'
    ),
    "result-assumed": (
        "ReserveStock gives back what its function returns, and ChargeCard reads $.orderId of it. That holds only "
        "if the function hands the order on."
    ),
    "secret-leaks": "NotifyFailure sends $, the whole input, with the card's number in it.",
    "output-lost": 'The plan says "output": ["orderId"], and the last task puts out its own answer.',
    "result-lost": "RefundCard needs $chargeId, and ChargeCard assigns nothing.",
    "kind-changes": (
        "ChargeCard assigns $error an object, and the Catch of ShipOrder a text. $error.Cause works on one way and"
        " fails on the other."
    ),
    "not-retried": "RefundCard has no Retry. One throttled call, and the money is kept.",
    "answer-retried": "ChargeCard retries States.ALL, so that a declined card is tried three times more.",
    "query-not-clean": (
        "The plan calls States.QueryEvaluationError a clean failure of ChargeCard, whose Output can fail too: then"
        " the card was charged."
    ),
    "transient-not-retried": (
        "ChargeCard has no retrier for Lambda.TooManyRequestsException. A busy minute fails orders."
    ),
    "error-cannot-occur": (
        "The retrier of an SDK call of DynamoDB names ThrottlingException. The service raises "
        "DynamoDb.ThrottlingException there."
    ),
    "never-matches": "The first catcher takes States.ALL, the second one CardDeclined. The second never applies.",
}
"""By rule id. A test holds them against the rules."""
