"""The chapters on the way forward: register, charge, credit, complete, notify."""

from typing import Final

from wild_rydes_saga.lab.chapters.chapter import Chapter

_ID: Final = ("sagaId", "the execution's ARN: `$states.context.Execution.Id`")
_START: Final = ("startTime", "when the execution started: `$states.context.Execution.StartTime`")
_FARE: Final = ("customerId, fareId, fareAmount", "from the input: `$states.context.Execution.Input.fareId` and so on")

FORWARD: Final = (
    Chapter(
        number=1,
        name="register",
        title="Register the fare",
        goal="Write the fare into the fares table. The row is also a lock: while it is `pending`, no other ride may"
        " take the fare. The recovery finds an unfinished ride by `unsettledSince`.",
        payload=(
            ("TableName", "`${FaresTableName}`"),
            ("Item", 'the row, each value as DynamoDB types it: `{"S": "text"}`'),
            ("fareId, customerId, fareAmount", "from the input"),
            _ID,
            _START,
            ("unsettledSince", "the same time as `startTime`"),
            ("fareStatus", "`pending`"),
        ),
        hint="Every state can read the execution's input from `$states.context.Execution.Input`. So no state has to"
        ' pass it on: `"Output": {}` keeps the card out of what follows.',
        holes=(
            "States/RegisterFare/Arguments/Item/sagaId/S",
            "States/RegisterFare/Arguments/Item/startTime/S",
            "States/RegisterFare/Arguments/Item/fareStatus/S",
        ),
    ),
    Chapter(
        number=2,
        name="charge",
        title="Charge the rider",
        goal="Call ChargeFare. It places a hold on the card and captures the fare. It is the one call that may see the"
        " card.",
        payload=(
            ("FunctionName", "`${ChargeFareFunctionArn}`"),
            _ID,
            _START,
            _FARE,
            ("cc, expiryDate, cvv", "from the input; for no other call"),
            ("the result", "`$states.result.Payload.chargeId`"),
        ),
        change='In RegisterFare, write `"Next": "ChargeFare"` in place of `"End": true`.',
        hint="The handler refuses a payload with a missing field, and names the field. `Assign` keeps the charge's id"
        " in a variable for the message.",
        holes=(
            "States/ChargeFare/Arguments/FunctionName",
            "States/ChargeFare/Arguments/Payload/sagaId",
            "States/ChargeFare/Arguments/Payload/startTime",
        ),
    ),
    Chapter(
        number=3,
        name="credit",
        title="Credit the customer's account",
        goal="Call CustomerAccountCredit, which adds the fare to the customer's balance.",
        payload=(("FunctionName", "`${CustomerAccountCreditFunctionArn}`"), _ID, _START, _FARE),
        change="Lead ChargeFare to the new state.",
        hint="It is ChargeFare's payload without the card.",
        holes=(
            "States/ChargeFare/Next",
            "States/CustomerAccountCredit/Arguments/FunctionName",
            "States/CustomerAccountCredit/Arguments/Payload",
        ),
    ),
    Chapter(
        number=4,
        name="complete",
        title="Complete the fare",
        goal="Set the fare's status to `completed` and remove `unsettledSince`: the ride is settled. This is the pivot:"
        " after it nothing is undone.",
        payload=(
            ("TableName", "`${FaresTableName}`"),
            ("Key", '`{"fareId": {"S": ...}}`'),
            ("UpdateExpression", "`SET fareStatus = :completed REMOVE unsettledSince`"),
            ("ConditionExpression", "`sagaId = :saga`, so that the row is still this ride's"),
        ),
        change="Lead CustomerAccountCredit to the new state.",
        hint="Each `:name` of an expression needs its value in `ExpressionAttributeValues`.",
        holes=(
            "States/CustomerAccountCredit/Next",
            "States/SetFareStatusCompleted/Arguments/Key",
            "States/SetFareStatusCompleted/Arguments/UpdateExpression",
        ),
    ),
    Chapter(
        number=5,
        name="notify",
        title="Notify of the success",
        goal="Publish the outcome to the topic. A queue takes the message only by its attribute `IsSuccessful`. With"
        " this chapter the first ride is as the lab says.",
        payload=(
            ("TopicArn", "`${NotificationsTopicArn}`"),
            ("Message", "a text: JSON with `eventId`, `sagaId`, `fareId`, `customerId`, `fareAmount`, `fareStatus`"),
            ("eventId", "the saga id, `#` and the `fareStatus`"),
            ("MessageAttributes", '`IsSuccessful`, of the type String: `"true"` or `"false"`'),
        ),
        change="Lead SetFareStatusCompleted to the new state.",
        hint="`$string({...})` makes a text of an object. `&` joins texts.",
        holes=(
            "States/SetFareStatusCompleted/Next",
            "States/NotifySuccess/Arguments/Message",
            "States/NotifySuccess/Arguments/MessageAttributes",
        ),
    ),
)
