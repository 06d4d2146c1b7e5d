"""What is read and was replaced: what stops every saga comes first, and one missing ResultPath is one finding."""

from typing import Any

import pytest

from tests.support.sagalint.small import ALL, DONE, FAILED, Definition, choice, fork, found_in, part, saga, task

ID: dict[str, Any] = {"Parameters": {"FunctionName": "any", "Payload": {"id.$": "$.rental"}}}
INVOKED: Definition = {"Resource": "arn:aws:states:::lambda:invoke", **ID}
REPLACES: Definition = {**INVOKED, "ResultPath": "$"}
KEEPS: Definition = {**INVOKED, "ResultPath": None}
UNDO = {
    "RefundDeposit": task("ReleaseDrill", **REPLACES),
    "ReleaseDrill": task("CalledOff", **KEEPS),
    "CalledOff": FAILED,
}
BARE = [{"ErrorEquals": [ALL], "Next": "RefundDeposit"}]


def lost(**states: Definition) -> list[tuple[str, ...]]:
    found = found_in(saga(**states))
    return [(one.rule.id, *one.states) for one in found]


def test_what_stops_every_saga_comes_first() -> None:
    first, *others = lost(
        ReserveDrill=task("ChargeDeposit", "ReleaseDrill", **REPLACES),
        ChargeDeposit=task("Rented", "RefundDeposit", **KEEPS),
        Rented=DONE,
        **UNDO,
    )
    assert first[:2] == ("read-undefined", "ReserveDrill")
    assert ("read-undefined", "RefundDeposit", "ReleaseDrill") in others


def test_of_several_the_first_that_is_come_to_is_first() -> None:
    first, *_ = lost(
        ReserveVan=task("ChargeDeposit", "ReleaseDrill", **REPLACES),
        ChargeDeposit=task("AddPoints", "RefundDeposit", **REPLACES),
        AddPoints=task("Rented", "RefundDeposit", **KEEPS),
        Rented=DONE,
        **UNDO,
    )
    assert first[:3] == ("read-undefined", "ReserveVan", "ChargeDeposit")


def test_also_behind_a_choice_that_every_saga_passes() -> None:
    first, *_ = lost(
        CheckRenter=task("Known"),
        Known=choice("CalledOff", CheckRenter="ReserveDrill"),
        ReserveDrill=task("ChargeDeposit", "ReleaseDrill", **REPLACES),
        ChargeDeposit=task("Rented", "RefundDeposit", **KEEPS),
        Rented=DONE,
        **UNDO,
    )
    assert first[:2] == ("read-undefined", "ReserveDrill")


def test_what_only_some_sagas_come_to_does_not() -> None:
    first, *_ = lost(
        ReserveDrill=task("ChargeDeposit", "ReleaseDrill", **KEEPS),
        ChargeDeposit=task("Member", "RefundDeposit", ResultPath="$.deposit"),
        Member=choice("Rented", deposit="GivePoints"),
        GivePoints=task("GiveVoucher", "RefundDeposit", **REPLACES),
        GiveVoucher=task("Rented", "RefundDeposit", **KEEPS),
        Rented=DONE,
        **UNDO,
    )
    assert first == ("read-undefined", "GivePoints", "RefundDeposit", "GiveVoucher")


def test_one_missing_result_path_in_several_catches_is_one_finding() -> None:
    found = found_in(
        saga(
            ReserveDrill=task("ChargeDeposit", Catch=[{**BARE[0], "Next": "ReleaseDrill"}]),
            ChargeDeposit=task("PackDrill", Catch=BARE),
            PackDrill=task("Rented", Catch=BARE),
            Rented=DONE,
            **{**UNDO, "RefundDeposit": task("ReleaseDrill", "ReleaseDrill", **KEEPS)},
        )
    )
    about = [{*one.states} for one in found if one.rule.id == "read-undefined"]
    assert about == [{"ReserveDrill", "ChargeDeposit", "PackDrill", "RefundDeposit", "ReleaseDrill"}]


@pytest.mark.parametrize("beside", ["$.undone", None], ids=["with a result beside the error", "with nothing beside it"])
def test_a_catch_is_blamed_for_what_its_error_replaced(beside: str | None) -> None:
    found = found_in(
        saga(
            ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
            ChargeDeposit=task("Rented", Catch=[{**BARE[0], "Next": "ReleaseDrill"}]),
            Rented=DONE,
            ReleaseDrill=task("TellRenter", "TellRenter", ResultPath=beside),
            TellRenter=task("CalledOff", **KEEPS),
            CalledOff=FAILED,
        )
    )
    about = [one for one in found if one.rule.id == "read-undefined"]
    assert len(about) == 1
    assert "TellRenter" in about[0].states
    assert "Catch of ChargeDeposit" in about[0].fix


READS_ID: dict[str, Any] = {"Parameters": {"id.$": "$.deposit.id"}, "ResultPath": None}


@pytest.mark.parametrize("default", ["ReleaseDrill", "ChargeDeposit"])
def test_a_choice_into_the_rollback_hides_no_missing_read(default: str) -> None:
    machine = saga(
        ReserveDrill=task("Free", "ReleaseDrill"),
        Free=choice(default, ReserveDrill="ChargeDeposit"),
        ChargeDeposit=task("Rented", "ReleaseDrill", ResultPath="$.deposit"),
        Rented=DONE,
        ReleaseDrill=task("RefundDeposit", "RefundDeposit", **KEEPS),
        RefundDeposit=task("CalledOff", **READS_ID),
        CalledOff=FAILED,
    )
    assert any("reads $.deposit.id, which only ChargeDeposit places" in one.message for one in found_in(machine))


def test_a_field_that_the_input_has_is_not_missing() -> None:
    machine = saga(
        ReadDeposit=task("ReserveDrill", **READS_ID),
        ReserveDrill=task("Free", "ReleaseDrill"),
        Free=choice("ReleaseDrill", ReserveDrill="ChargeDeposit"),
        ChargeDeposit=task("Rented", "ReleaseDrill", ResultPath="$.deposit"),
        Rented=DONE,
        ReleaseDrill=task("RefundDeposit", "RefundDeposit", **KEEPS),
        RefundDeposit=task("CalledOff", **READS_ID),
        CalledOff=FAILED,
    )
    assert "read-undefined" not in [one.rule.id for one in found_in(machine)]


def after_a_fork(variable: str, **more: Any) -> list[tuple[str, ...]]:
    both = {**fork(part(AskShop=task()), part(AskYard=task()), then="Agreed", caught="RefundDeposit"), **more}
    asks = {"Variable": variable, "BooleanEquals": True, "Next": "Rented"}
    return lost(
        ChargeDeposit=task("AskBoth", "RefundDeposit", ResultPath="$.deposit"),
        AskBoth={key: value for key, value in both.items() if value != "$"},
        Agreed={"Type": "Choice", "Choices": [asks], "Default": "RefundDeposit"},
        Rented=DONE,
        RefundDeposit=task("CalledOff", ResultPath=None),
        CalledOff=FAILED,
    )


def test_the_list_of_a_fork_has_no_field_that_a_choice_could_ask_for() -> None:
    assert after_a_fork("$.confirmed", ResultPath="$")[0] == ("read-undefined", "AskBoth", "Agreed")


@pytest.mark.parametrize(
    ("variable", "more"),
    [
        ("$[0].confirmed", {"ResultPath": "$"}),
        ("$.confirmed", {}),
        ("$.confirmed", {"ResultPath": "$", "ResultSelector": {"confirmed.$": "$[0].ok"}}),
    ],
    ids=["of its first branch", "of what is beside it", "that a selector has made"],
)
def test_a_field_that_is_there_after_a_fork_may_be_read(variable: str, more: dict[str, Any]) -> None:
    assert "read-undefined" not in {rule for rule, *_ in after_a_fork(variable, **more)}


@pytest.mark.parametrize(("language", "is_missing"), [("JSONPath", True), ("JSONata", False)])
def test_a_list_has_no_fields_but_is_read_through_in_jsonata(language: str, is_missing: bool) -> None:
    reads: Definition = {
        "JSONPath": INVOKED,
        "JSONata": {"Arguments": {"FunctionName": "any", "Payload": "{% $states.input.rental %}"}, "Output": {}},
    }[language]
    state = task("Rented", "RefundDeposit", **{"Resource": INVOKED["Resource"], **reads})
    if language == "JSONata":
        state |= {"QueryLanguage": language, "Catch": [{"ErrorEquals": [ALL], "Next": "RefundDeposit"}]}
        state.pop("ResultPath", None)
    found = lost(
        Both={**fork(part(ReserveDrill=task()), part(ReserveVan=task()), then="ChargeDeposit"), "ResultPath": "$"},
        ChargeDeposit=state,
        Rented=DONE,
        **UNDO,
    )
    assert (("read-undefined", "Both", "ChargeDeposit") in {one[:3] for one in found}) is is_missing


@pytest.mark.parametrize(
    ("path", "there"), [("$$.State.Name", True), ("$$.Task.Token", True), ("$$.State.Status", False)]
)
def test_a_field_that_the_context_object_does_not_have_stops_every_saga(path: str, there: bool) -> None:
    note = task("Rented", Parameters={"status.$": path})
    found = lost(
        ReserveDrill=task("NoteState", "ReleaseDrill"),
        NoteState=note,
        Rented=DONE,
        ReleaseDrill=UNDO["ReleaseDrill"],
        CalledOff=FAILED,
    )
    assert (found[0][:2] == ("read-undefined", "NoteState")) is not there


def test_what_a_function_returns_is_in_the_payload_of_the_answer() -> None:
    paid = {"Type": "Choice", "Choices": [{"Variable": "$.charge.ok", "BooleanEquals": True, "Next": "Rented"}]}
    first, *_ = found_in(
        saga(
            ChargeDeposit=task("Paid", **{**INVOKED, "ResultPath": "$.charge"}),
            Paid={**paid, "Default": "CalledOff"},
            Rented=DONE,
            CalledOff=FAILED,
        )
    )
    assert (first.rule.id, first.states) == ("read-undefined", ("Paid",))
    assert first.fix == "read $.charge.Payload.ok"


@pytest.mark.parametrize("catch", [False, True], ids=["on a way without an error", "only once something has failed"])
def test_what_fails_without_an_error_is_found_where_nothing_is_undone(*, catch: bool) -> None:
    report = task(None, **KEEPS)
    machine = saga(
        CheckTools=task("Asked", "WriteReport" if catch else None, **REPLACES),
        Asked={"Type": "Choice", "Choices": [{"Variable": "$.Payload", "IsPresent": True, "Next": "WriteReport"}],
               "Default": "Nothing"},
        Nothing=DONE,
        WriteReport=report,
    )  # fmt: skip
    if catch:
        machine["States"]["Asked"]["Choices"][0]["Next"] = "Nothing"
        machine["States"]["CheckTools"]["Catch"] = [{"ErrorEquals": [ALL], "Next": "WriteReport"}]
    assert bool([one for one in found_in(machine) if one.rule.id == "read-undefined"]) is not catch


def test_what_a_branch_reads_is_looked_for_as_well() -> None:
    """What was handed to a Parallel is what its branches begin with; what they make of it is followed too."""
    tell = part(Weigh=task("TellYard", **KEEPS), TellYard=task(None, **KEEPS))
    first, *_ = lost(
        ReserveDrill=task("Both", "ReleaseDrill", **REPLACES),
        Both=fork(tell, part(TellRenter=task(None, Parameters={"always": "the same"})), then="Rented"),
        Rented=DONE,
        ReleaseDrill=UNDO["ReleaseDrill"],
        CalledOff=FAILED,
    )
    assert first[:2] == ("read-undefined", "ReserveDrill")
    assert {"Weigh", "TellYard"} & {*first}
