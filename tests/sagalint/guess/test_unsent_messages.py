"""A message that cannot be sent, and what a machine does about it before it ends as the success that it is."""

from dataclasses import replace
from typing import Any

import pytest

from sagalint import check
from sagalint.guess.plan import guess_plan
from tests.support.sagalint.small import DONE, FAILED, Definition, each, fork, message, part, rules_in, saga, task

NOTE: Definition = {"Type": "Pass", "Result": {"sent": False}, "ResultPath": "$.receipt", "Next": "Rented"}
END: Definition = {"Type": "Pass", "End": True}
QUEUE: Definition = {
    "Resource": "arn:aws:states:::sqs:sendMessage",
    "Parameters": {
        "QueueUrl": "https://sqs.eu-central-1.amazonaws.com/444455556666/later",
        "MessageBody.$": "$.rentalId",
    },
}
ROW: Definition = {
    "Resource": "arn:aws:states:::dynamodb:updateItem",
    "Parameters": {"TableName": "Rentals", "Key": {"id": {"S.$": "$.rentalId"}}},
}


def caught(then: str) -> dict[str, Any]:
    return {"Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.unsent", "Next": then}]}


def rental(receipt: Definition, **more: Definition) -> Definition:
    """Tools are reserved and a deposit is charged, each undone when it must be, and then the renter gets a receipt."""
    return saga(
        ReserveTools=task("ChargeDeposit", "ReleaseTools"),
        ChargeDeposit=task("SendReceipt", "RefundDeposit"),
        SendReceipt=receipt,
        Rented=DONE,
        RefundDeposit=task("ReleaseTools", "AlarmFirst"),
        AlarmFirst=message("ReleaseTools", "Clerks", **caught("ReleaseTools")),
        ReleaseTools=task("CalledOff", "Alarm"),
        Alarm=message("CalledOff", "Clerks"),
        CalledOff=FAILED,
        **more,
    )


def receipt(then: str) -> Definition:
    return message("Rented", "Renter", **caught(then))


RIGHT = {
    "nothing is done about it": rental(receipt("Rented")),
    "another success": rental(receipt("Unsent"), Unsent=DONE),
    "a Pass notes it": rental(receipt("Note"), Note=NOTE),
    "a Pass ends it": rental(receipt("Note"), Note={"Type": "Pass", "End": True}),
    "a Pass named for the failure of the message": rental(receipt("ReceiptFailed"), ReceiptFailed=NOTE),
    "a Pass that notes a failure": rental(receipt("NoteFailure"), NoteFailure=NOTE),
    "a task logs it": rental(receipt("LogIt"), LogIt=task("Rented", "Rented")),
    "a row notes it, and may fail": rental(receipt("MarkUnsent"), MarkUnsent=task("Rented", **ROW)),
    "a text message instead": rental(receipt("SendSms"), SendSms=message("Rented", "Phones", **caught("Rented"))),
    "a queue for later": rental(receipt("QueueForLater"), QueueForLater=task("Rented", **QUEUE)),
    "one note after another": rental(
        receipt("Note"), Note={**NOTE, "Next": "LogIt"}, LogIt=task("Later", "Later"), Later={"Type": "Succeed"}
    ),
    "a wait and a second message": rental(
        receipt("Pause"), Pause={"Type": "Wait", "Seconds": 60, "Next": "SendEmail"},
        SendEmail=message("Rented", "Mail", **caught("Note")), Note=NOTE,
    ),
    "several messages at once": rental(
        fork(part(SendMail=message(None, "Mail")), part(SendSms=message(None, "Phones")), then="Rented", caught="Note"),
        Note=NOTE,
    ),
    "each branch notes its own": rental(
        fork(
            part(SendMail=message(None, "Mail", **caught("NoMail")), NoMail=END),
            part(SendSms=message(None, "Phones", **caught("NoSms")), NoSms=END),
            then="Rented",
        )
    ),
    "a message for each tool": rental(
        each(part(SendMail=message(None, "Mail")), then="Rented", caught="Note"), Note=NOTE
    ),
    "a note beside the message": rental(
        fork(part(SendMail=message(None, "Mail")), part(LogRental=task()), then="Rented", caught="Note"), Note=NOTE
    ),
    "a function of its own": rental(task("Rented", "Note"), Note=NOTE),
}  # fmt: skip

WRONG = {
    "a note says that all has failed": rental(receipt("RentalFailed"), RentalFailed=NOTE),
    "another message says that it has failed": rental(
        receipt("SendFailureMail"), SendFailureMail=message("Rented", "Mail")
    ),
    "a Fail": rental(receipt("CalledOff")),
    "the tools are taken back": rental(receipt("ReleaseTools")),
    "a step beside the messages is stopped": rental(
        fork(part(SendMail=message(None, "Mail")), part(OrderCover=task()), then="Rented", caught="Note"), Note=NOTE
    ),
}


@pytest.mark.parametrize("machine", RIGHT.values(), ids=RIGHT)
def test_a_message_that_cannot_be_sent_leaves_the_rental_done(machine: Definition) -> None:
    assert not rules_in(machine)


@pytest.mark.parametrize("machine", WRONG.values(), ids=WRONG)
def test_what_is_more_than_a_note_of_a_message_is_found(machine: Definition) -> None:
    assert rules_in(machine)


def test_a_note_that_a_step_leads_to_as_well_hides_no_failed_step() -> None:
    """The same Pass follows a message, which may be missing, and a delivery, which may not."""
    machine = rental(receipt("Note"), Note=NOTE, ShipTools=task("SendReceipt", "Note"))
    machine["States"]["ChargeDeposit"]["Next"] = "ShipTools"
    assert rules_in(machine)[:1] == ["doubt-not-compensated"]


def test_a_plan_says_whether_a_saga_may_end_without_its_message() -> None:
    machine = rental(receipt("TryLater"), TryLater=task("Rented", "Rented"))
    guessed = guess_plan(machine).plan
    plan = replace(guessed, rests_on=(), ending=("CalledOff",), recovered_by="a clerk")
    strict = replace(plan, messages=replace(plan.messages, best_effort=False))
    rules = [[one.rule.id for one in check(machine, one).findings] for one in (plan, strict)]
    assert ["doubt-not-compensated" in one for one in rules] == [False, True]
