"""What is stopped, or taken out of service, for as long as the machine works, must be given back if the work fails."""

from typing import Final

import pytest

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
    "DetenerInstancia": "IniciarInstancia",
}
"""What takes something out of service, by what gives it back."""


def patched(stop: str, start: str, *, caught: str | None = None, **more: Definition) -> Definition:
    return saga(
        **{stop: task("MendTools"), "MendTools": task(start, caught), start: task("Mended"), "Mended": DONE}, **more
    )


@pytest.mark.parametrize("stop", INTERRUPTED)
def test_what_only_success_gives_back_is_left_by_a_failure(stop: str) -> None:
    start = INTERRUPTED[stop]
    [found] = found_in(patched(stop, start))
    assert (found.rule.id, found.level, found.states) == ("doubt-not-compensated", Level.WARNING, (stop,))
    assert found.message.startswith("when MendTools fails")
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
        saga(AcquireLock=task("MendTools"), MendTools=task("ReleaseLock"), ReleaseLock=task()),
        saga(StopInstances=task("StartInstances"), StartInstances=task()),
        saga(StopPumps=task("StartVans"), StartVans=task("MendTools"), MendTools=task()),
        saga(StartCrawler=task("MendTools"), MendTools=task("StopCrawler"), StopCrawler=task()),
        saga(StartPumps=task("Off"), Off=choice("StopPumps", StartPumps="Mended"), StopPumps=task(), Mended=DONE),
        saga(
            StartPumps=task("MendTools"),
            MendTools=task("StopPumps"),
            StopPumps=task("CountTools"),
            CountTools=task("More"),
            More=choice("Mended", CountTools="StartPumps"),
            Mended=DONE,
        ),
    ],
    ids=["a lock", "nothing between", "another thing", "nothing interrupted", "begun and ended", "begun again"],
)
def test_what_interrupts_nothing_is_not_asked_about(machine: Definition) -> None:
    assert not found_in(machine)


def test_what_is_interrupted_in_a_saga_is_left_by_its_failures() -> None:
    """The rollback of the other steps does not give it back."""
    machine = saga(
        SuspendFleet=task("ReserveDrill"),
        ReserveDrill=task("MendTools", "ReleaseDrill"),
        MendTools=task("ResumeFleet", "ReleaseDrill"),
        ResumeFleet=task("Mended", "ReleaseDrill"),
        Mended=DONE,
        ReleaseDrill=task("CalledOff", "CalledOff"),
        CalledOff=FAILED,
    )
    found = [one for one in found_in(machine) if one.rule.id == "doubt-not-compensated"]
    assert [one.states[0] for one in found] == ["SuspendFleet"]
