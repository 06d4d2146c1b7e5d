"""What is stopped, or taken out of service, for as long as the machine works, must be given back if the work fails."""

from typing import Final

import pytest

from sagalint.guess.given_back import GIVES_BACK
from sagalint.rules.finding import Level
from tests.support.sagalint.small import DONE, FAILED, Definition, choice, found_in, saga, task

INTERRUPTED: Final = {
    "StopInstances": "StartInstances",
    "Stop the pumps": "Restart the pumps",
    "DisableAlarms": "EnableAlarms",
    "DeactivateRenter": "ReactivateRenter",
    "SuspendScaling": "ResumeScaling",
    "PauseTraffic": "ResumeTraffic",
    "FreezeWrites": "UnfreezeWrites",
    "DrainNode": "UncordonNode",
    "CordonNode": "UncordonNode",
    "DeregisterTarget": "RegisterTarget",
    "RemoveFromFleet": "AddToFleet",
    "DetachVolume": "AttachVolume",
    "ScaleDownYard": "ScaleUpYard",
    "EnableMaintenanceMode": "DisableMaintenanceMode",
    "EnterMaintenance": "ExitMaintenance",
    "CreateStagingDistribution": "DeleteStagingDistribution",
    "DetenerInstancia": "IniciarInstancia",
}
"""What takes something out of service, by what gives it back."""


def patched(stop: str, start: str, *, caught: str | None = None, **more: Definition) -> Definition:
    return saga(
        **{stop: task("RepairTools"), "RepairTools": task(start, caught), start: task("Repaired"), "Repaired": DONE},
        **more,
    )


@pytest.mark.parametrize("stop", INTERRUPTED)
def test_what_only_success_gives_back_is_left_by_a_failure(stop: str) -> None:
    start = INTERRUPTED[stop]
    [found] = found_in(patched(stop, start))
    assert (found.rule.id, found.level, found.states) == ("doubt-not-compensated", Level.WARNING, (stop,))
    assert found.message.startswith("when RepairTools fails")
    assert found.rests_on == (f"{start} is to undo {stop} whatever fails, and not only when all goes well",)


@pytest.mark.parametrize("stop", INTERRUPTED)
def test_what_every_failure_gives_back_is_left_by_none(stop: str) -> None:
    start = INTERRUPTED[stop]
    assert not found_in(patched(stop, start, caught=start))
    failing = {f"{start} again": task("CalledOff"), "CalledOff": FAILED}
    assert not found_in(patched(stop, start, caught=f"{start} again", **failing))


@pytest.mark.parametrize(
    "machine",
    [
        saga(AcquireLock=task("RepairTools"), RepairTools=task("ReleaseLock"), ReleaseLock=task()),
        saga(StopInstances=task("StartInstances"), StartInstances=task()),
        saga(StopPumps=task("StartVans"), StartVans=task("RepairTools"), RepairTools=task()),
        saga(StartCrawler=task("RepairTools"), RepairTools=task("StopCrawler"), StopCrawler=task()),
        saga(StartPumps=task("Off"), Off=choice("StopPumps", StartPumps="Repaired"), StopPumps=task(), Repaired=DONE),
        saga(
            StartPumps=task("RepairTools"),
            RepairTools=task("StopPumps"),
            StopPumps=task("CountTools"),
            CountTools=task("More"),
            More=choice("Repaired", CountTools="StartPumps"),
            Repaired=DONE,
        ),
    ],
    ids=["a lock", "nothing between", "another thing", "nothing interrupted", "begun and ended", "begun again"],
)
def test_what_interrupts_nothing_is_not_asked_about(machine: Definition) -> None:
    assert not found_in(machine)


def test_a_choice_that_ends_it_as_failed_gives_nothing_back() -> None:
    """Every task's own failure leads to what does."""
    machine = saga(
        StopPumps=task("RepairTools", "StartPumps"),
        RepairTools=task("Works", "StartPumps"),
        Works=choice("CalledOff", RepairTools="StartPumps"),
        StartPumps=task("Repaired"),
        Repaired=DONE,
        CalledOff=FAILED,
    )
    [found] = [one for one in found_in(machine) if one.rule.id == "doubt-not-compensated"]
    assert (found.states[0], found.message.partition(",")[0]) == ("StopPumps", "where Works leads to CalledOff")


def test_what_is_interrupted_in_a_saga_is_left_by_its_failures() -> None:
    """The rollback of the other steps does not give it back."""
    machine = saga(
        SuspendFleet=task("ReserveDrill"),
        ReserveDrill=task("RepairTools", "ReleaseDrill"),
        RepairTools=task("ResumeFleet", "ReleaseDrill"),
        ResumeFleet=task("Repaired", "ReleaseDrill"),
        Repaired=DONE,
        ReleaseDrill=task("CalledOff", "CalledOff"),
        CalledOff=FAILED,
    )
    found = [one for one in found_in(machine) if one.rule.id == "doubt-not-compensated"]
    assert [one.states[0] for one in found] == ["SuspendFleet"]


REMOVED: Final = {
    "DeleteTable": "RestoreTable",
    "Delete": "Restore",
    "DropCluster": "RecreateCluster",
    "TerminateServer": "LaunchServer",
    "DeleteDatabase": "CreateDatabase",
}
"""What removes something that is missed, by what makes it again."""


@pytest.mark.parametrize("remove", REMOVED)
@pytest.mark.parametrize("between", [False, True], ids=["itself", "before it"])
def test_what_is_removed_is_missed_until_it_is_made_again(remove: str, *, between: bool) -> None:
    make = REMOVED[remove]
    waits = {"WaitForYard": task(make)} if between else {}
    machine = saga(
        **{remove: task("WaitForYard" if between else make), **waits, make: task("Repaired"), "Repaired": DONE}
    )
    [found] = found_in(machine)
    assert (found.rule.id, found.level, found.states) == ("doubt-not-compensated", Level.WARNING, (remove,))
    assert found.rests_on[-1] == f"what {remove} removes is missed until {make} has made it again"


def test_what_is_removed_in_a_loop_is_made_again_by_an_earlier_state() -> None:
    """The Choice names the restore first; only a table that is not there is restored."""
    machine = saga(
        AskForTable=task("There?"),
        **{"There?": choice("DeleteTable", AskForTable="RestoreTable")},
        DeleteTable=task("AskForTable"),
        RestoreTable=task("Repaired"),
        Repaired=DONE,
    )
    [found] = found_in(machine)
    assert found.states == ("DeleteTable",)


@pytest.mark.parametrize(
    "machine",
    [
        saga(DropTable=task("CreateTable"), CreateTable=task()),
        saga(DeleteReport=task("CreateReport"), CreateReport=task()),
        saga(DeleteOldCluster=task("Repaired"), Repaired=DONE),
        saga(DeleteClusterIfExists=task("WaitForYard"), WaitForYard=task("CreateCluster"), CreateCluster=task()),
    ],
    ids=["a table of a pipeline", "a report", "never made again", "a leftover"],
)
def test_what_nobody_misses_may_be_removed(machine: Definition) -> None:
    assert not found_in(machine)


def test_a_failure_that_goes_on_with_the_next_one_gives_nothing_back() -> None:
    """The way past the next one leads to what starts that one, and not this one."""
    machine = saga(
        MoreVans=choice("AllRepaired", MoreVans="StopVan"),
        StopVan=task("RepairVan", "NoteFailure"),
        RepairVan=task("StartVan", "NoteFailure"),
        StartVan=task("MoreVans", "NoteFailure"),
        NoteFailure={"Type": "Pass", "Next": "MoreVans"},
        AllRepaired=choice("CalledOff", AllRepaired="Repaired"),
        Repaired=DONE,
        CalledOff=FAILED,
    )
    assert [one.states[0] for one in found_in(machine) if one.rule.id == "doubt-not-compensated"] == ["StopVan"]


def test_a_message_about_a_start_starts_nothing() -> None:
    machine = patched("StopInstances", "StartInstances")
    machine["States"]["RepairTools"]["Next"] = "SendInstancesStartMessage"
    machine["States"]["SendInstancesStartMessage"] = task("StartInstances") | {
        "Resource": "arn:aws:states:::sns:publish"
    }
    [found] = found_in(machine)
    assert found.rests_on[0].startswith("StartInstances is to undo")


def test_operations_of_aws_say_what_is_stopped() -> None:
    def ec2(operation: str, then: str) -> Definition:
        return task(then) | {"Resource": f"arn:aws:states:::aws-sdk:ec2:{operation}"}

    machine = saga(
        First=ec2("stopInstances", "Second"),
        Second=task("Third"),
        Third=ec2("startInstances", "Repaired"),
        Repaired=DONE,
    )
    [found] = found_in(machine)
    assert (found.states, found.rests_on[0].split(" whatever")[0]) == (("First",), "Third is to undo First")


@pytest.mark.parametrize(
    ("stop", "start"),
    [(stop, start) for takes, back in GIVES_BACK.items() for stop in takes.split() for start in back.split()],
)
def test_each_verb_that_interrupts_is_known_with_each_that_gives_back(stop: str, start: str) -> None:
    [found] = found_in(patched(f"{stop.title()}Yard", f"{start.title()}Yard"))
    assert found.rests_on[-1].startswith(f"{start.title()}Yard is to undo {stop.title()}Yard")
