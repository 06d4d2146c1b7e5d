"""What a machine leaves standing though no compensation of its own says so: what is opened, taken or delivered."""

import pytest

from sagalint.rules.finding import Level
from tests.support.sagalint.small import ALL, DONE, FAILED, Definition, choice, fork, found_in, part, saga, task

DELIVERED_UNPAID = saga(DeliverOrder=task("BillRenter"), BillRenter=task("Rented"), Rented=DONE)
TAKEN_BESIDE = saga(
    Both=fork(part(UpdateStock=task()), part(WriteReservation=task()), then="Rented"),
    Rented=DONE,
)
TAKEN_THEN_REFUSED = saga(
    UpdateInventory=task("AskOwner"),
    AskOwner=task("Agreed"),
    Agreed=choice("Refused", AskOwner="Rented"),
    Rented=DONE,
    Refused=FAILED,
)
OPENED_AND_NOT_NOTED = saga(CreateCustomer=task("AddCustomerToList"), AddCustomerToList=task("Rented"), Rented=DONE)
RESTORED_AND_NOT_SET_UP = saga(
    TakeBack={**task("SetSchedule"), "Resource": "arn:aws:states:::aws-sdk:rds:restoreDBClusterFromSnapshot"},
    SetSchedule=task(),
)
LOCK_RELEASED_AT_LAST = saga(
    CountTools=task("Asked"),
    Asked=choice("NothingToDo", CountTools="RequestInstance"),
    NothingToDo=DONE,
    RequestInstance=task("AddToFleet"),
    AddToFleet=task("ReleaseLock"),
    ReleaseLock=task(),
)
"""A name that could be that of a compensation is that of the last state of the way to success."""
MADE_ONE_AFTER_THE_OTHER = saga(CreateSegment=task("LaunchCampaign"), LaunchCampaign=task("Rented"), Rented=DONE)
NAMES_THAT_END_IN_STATE = saga(CreateAccountState=task("TagAccountState"), TagAccountState=task())
A_ROLE_ON_THE_WAY = saga(
    CheckRenter=task("Asked"),
    Asked=choice("NothingToDo", CheckRenter="CreateAccount"),
    NothingToDo=DONE,
    CreateAccount=task("EnableRole"),
    EnableRole=task("NameAccount"),
    NameAccount=task(),
)
"""It is nothing that rolls back: what comes before it is on the way to success."""
SWITCHED_AFTER_THE_OTHER = saga(PromoteYard=task("SwitchRenters"), SwitchRenters=task())


def sdk(service: str, then: str | None = None) -> Definition:
    return {**task(then), "Resource": f"arn:aws:states:::aws-sdk:{service}", "Parameters": {}, "ResultPath": None}


USER_WITH_A_KEY = saga(First=sdk("iam:createUser", "Second"), Second=sdk("iam:createAccessKey"))
"""The names say nothing, and the operations say all."""
USER_IN_A_GROUP = saga(
    First=sdk("cognitoidentityprovider:adminCreateUser", "Second"),
    Second=sdk("cognitoidentityprovider:adminAddUserToGroup"),
)
USER_WITH_A_KEY_OF_KMS = saga(
    First=sdk("cognitoidentityprovider:adminCreateUser", "Second"), Second=sdk("kms:createKey")
)
RESTORED_FROM_A_SNAPSHOT = saga(**{"Restore DB from Snapshot": task("MaskRows"), "MaskRows": task()})
OPENED_FOR_SOMEBODY = saga(AssignNumber=task("OpenAccount"), OpenAccount=task("Rented"), Rented=DONE)
_TABLE = {"Resource": "arn:aws:states:::dynamodb:updateItem", "ResultPath": None}
_ROW = {"TableName": "Rentals", "Key": {"rentalId": {"S.$": "$.rentalId"}}}


@pytest.mark.parametrize(
    ("machine", "state"),
    [
        (DELIVERED_UNPAID, "DeliverOrder"),
        (TAKEN_BESIDE, "UpdateStock"),
        (TAKEN_THEN_REFUSED, "UpdateInventory"),
        (OPENED_FOR_SOMEBODY, "AssignNumber"),
        (OPENED_AND_NOT_NOTED, "CreateCustomer"),
        (RESTORED_AND_NOT_SET_UP, "TakeBack"),
        (LOCK_RELEASED_AT_LAST, "RequestInstance"),
        (MADE_ONE_AFTER_THE_OTHER, "CreateSegment"),
        (SWITCHED_AFTER_THE_OTHER, "PromoteYard"),
        (USER_WITH_A_KEY, "First"),
        (USER_IN_A_GROUP, "First"),
        (USER_WITH_A_KEY_OF_KMS, "First"),
        (RESTORED_FROM_A_SNAPSHOT, "Restore DB from Snapshot"),
        (NAMES_THAT_END_IN_STATE, "CreateAccountState"),
        (A_ROLE_ON_THE_WAY, "CreateAccount"),
    ],
    ids=[
        "delivered before it is paid",
        "taken beside what can fail",
        "taken before a refusal",
        "one of two opened",
        "opened, and not in the list",
        "restored, and not set up",
        "a lock released at last",
        "made one after the other",
        "switched after the other",
        "made by operations of AWS",
        "a user in no group",
        "a user without a key of KMS",
        "restored from a snapshot",
        "names that end in State",
        "a role on the way",
    ],
)
def test_what_is_left_half_done_is_a_warning(machine: Definition, state: str) -> None:
    first, *_ = found_in(machine)
    assert (first.rule.id, first.level, first.states[0]) == ("doubt-not-compensated", Level.WARNING, state)
    assert first.rests_on[-1] == f"{state} needs undoing"


@pytest.mark.parametrize(
    "machine",
    [
        saga(PlaceOrder=task("Kind"), Kind=choice("MailOwner", PlaceOrder="MailRenter"), MailOwner=task(),
             MailRenter=task()),
        saga(PlaceOrder=task("LogResult"), LogResult=task()),
        saga(OpenAccount=task("CreateReport"), CreateReport=task()),
        saga(CreatePaymentIntent=task("ShipTools"), ShipTools=task()),
        saga(CreateConfig=task("CreateBatch"), CreateBatch=task()),
        saga(First=sdk("rds:createDBSnapshot", "Second"), Second=sdk("rds:copyDBSnapshot")),
        saga(First=sdk("s3:copyObject", "Second"), Second=sdk("s3:deleteObject")),
        saga(Wish=choice("RentDrill", wish="RentVan"), RentDrill=task("Rented"), RentVan=task("Rented"), Rented=DONE),
    ],
    ids=["only messages follow", "only a note follows", "only a report follows", "an intent to pay", "made on the way",
         "a snapshot by AWS", "an object moved by AWS", "the other action comes instead"],
)  # fmt: skip
def test_what_nothing_can_leave_half_done_is_not_reported(machine: Definition) -> None:
    assert not found_in(machine)


def test_what_rejects_an_order_closes_what_has_opened_it() -> None:
    machine = saga(
        OrderCreate=task("PaymentDebit", "OrderReject"),
        PaymentDebit=task("Rented", "PaymentCredit"),
        Rented=DONE,
        PaymentCredit=task("OrderReject", "NotUndone"),
        OrderReject=task("CalledOff", "NotUndone"),
        CalledOff=FAILED,
        NotUndone=FAILED,
    )
    assert not [one for one in found_in(machine) if one.rule.id == "doubt-not-compensated"]


def test_a_row_can_be_closed_by_another_state_on_each_way() -> None:
    """If no drill is found, the row says that. Then nothing has to be cancelled."""
    machine = saga(
        CreateRental={**_TABLE, **task("FindDrill"), "Resource": "arn:aws:states:::dynamodb:putItem",
                      "Parameters": {"TableName": "Rentals", "Item": {"rentalId": {"S.$": "$.rentalId"}}}},
        FindDrill=task("Found"),
        Found=choice("NoteError", FindDrill="HandOver"),
        HandOver=task("Arrived"),
        Arrived=choice("CancelRental", HandOver="Rented"),
        Rented=DONE,
        NoteError={**task(), **_TABLE, "Parameters": _ROW},
        CancelRental={**task(), **_TABLE, "Parameters": _ROW},
    )  # fmt: skip
    assert not [one for one in found_in(machine) if "Found" in one.states]


def test_a_rollback_of_everything_is_owed_from_the_first_check_on() -> None:
    """What it undoes was done before the machine began: every later failure has to lead to it, too."""
    machine = saga(
        CheckRenter=task("AnalyzeRisk", "Rollback"),
        AnalyzeRisk=task("SetRented", "Rollback"),
        SetRented=task(),
        Rollback=task("CalledOff"),
        CalledOff=FAILED,
    )
    assert machine["States"]["SetRented"].get("Catch") is None
    first, *_ = found_in(machine)
    assert (first.rule.id, first.level) == ("doubt-not-compensated", Level.WARNING)
    assert {"SetRented", "CheckRenter"} == {*first.states}
    caught = [{"ErrorEquals": [ALL], "ResultPath": "$.trouble", "Next": "Rollback"}]
    machine["States"]["SetRented"]["Catch"] = caught
    assert not found_in(machine)


ROLLBACK = {
    "RefundDeposit": task("ReleaseVan", "NotUndone"),
    "ReleaseVan": task("ReleaseDrill", "NotUndone"),
    "ReleaseDrill": task("CalledOff", "NotUndone"),
    "CalledOff": FAILED,
    "NotUndone": {**FAILED, "Error": "RentalStuck"},
}


def test_a_way_that_finds_out_and_goes_on_fails_no_saga() -> None:
    """A step in doubt is asked about, and the saga goes on: nothing is left standing when it succeeds."""
    machine = saga(
        ReserveDrill=task("ReserveVan", "ReconcileDrill"),
        ReconcileDrill=task("ReserveVan", "ReleaseDrill"),
        ReserveVan=task("ChargeDeposit", "ReleaseVan"),
        ChargeDeposit=task("Rented", "RefundDeposit"),
        Rented=DONE,
        **ROLLBACK,
    )
    assert {one.rule.id for one in found_in(machine)} == {"rollback-stops"}


def test_a_saga_that_repeats_a_step_by_hand_may_end_well() -> None:
    machine = saga(
        ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
        ChargeDeposit=task("Rented", "Later"),
        Later={"Type": "Wait", "Seconds": 5, "Next": "CountTries"},
        CountTries=task("Enough", "RefundDeposit"),
        Enough=choice("RefundDeposit", CountTries="ChargeDeposit"),
        Rented=DONE,
        **{**ROLLBACK, "RefundDeposit": task("ReleaseDrill", "NotUndone")},
    )
    del machine["States"]["ReleaseVan"]
    assert {one.rule.id for one in found_in(machine)} == {"rollback-stops"}


def test_what_reports_a_failed_compensation_undoes_nothing() -> None:
    machine = saga(
        ReserveDrill=task("ReserveVan", "CalledOff"),
        ReserveVan=task("ChargeDeposit", "CompensateDrill"),
        ChargeDeposit=task("Rented", "CompensateVan"),
        Rented=DONE,
        CompensateVan=task("CompensateDrill", "CompensationFailed"),
        CompensateDrill=task("CalledOff", "CompensationFailed"),
        CompensationFailed=task("NotUndone"),
        CalledOff=FAILED,
        NotUndone=FAILED,
    )
    first, second, *others = found_in(machine)
    assert (first.states, first.level) == (("ChargeDeposit",), Level.ERROR)
    assert second.rule.id == "doubt-not-compensated"
    assert {*second.states} == {"ReserveVan", "ReserveDrill"}
    assert {one.rule.id for one in others} == {"rollback-stops"}


def test_an_error_by_name_can_be_the_way_on() -> None:
    """Such as one that says that what was deleted is gone: no task comes before a success without it."""
    gone = [{"ErrorEquals": ["Rds.DbInstanceNotFoundException"], "ResultPath": "$.gone", "Next": "OpenYard"}]
    machine = saga(
        CloseYard=task("Later", Catch=gone),
        Later={"Type": "Wait", "Seconds": 30, "Next": "LookAtYard"},
        LookAtYard=task("Later", Catch=gone),
        OpenYard=task("Open"),
        Open=DONE,
    )
    assert not found_in(machine)
