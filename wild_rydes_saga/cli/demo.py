"""`make demo`: deploys the saga, runs the lab's four rides, and checks each outcome and that no log has the card."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console

from sagalint.drawing.graph import draw
from sagalint.drawing.page import DrawnRide, page
from wild_rydes_saga.cli.plainly import in_words
from wild_rydes_saga.cli.progress import phase
from wild_rydes_saga.cli.screen import Fact, print_facts, print_line
from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import Account, local_account
from wild_rydes_saga.deployed.credentials import check_credentials
from wild_rydes_saga.deployed.first_messages import wait_for_first_messages
from wild_rydes_saga.deployed.local_deployment import deploy_locally, launch_for
from wild_rydes_saga.deployed.logs import search_for_card
from wild_rydes_saga.deployed.money import money
from wild_rydes_saga.deployed.rides import LAB_FARE, LAB_RIDES, LabRide, Outcome, Rides
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator.stripe_double.process import double_of

DEMO_STACK_NAME: Final = "wild-rydes-demo"
PICTURES: Final = cdk.ROOT / ".local" / "rides"


@dataclass(frozen=True)
class Ridden:
    """A ride that was run, and the gateway that it was paid through."""

    ride: LabRide
    saga_id: str
    outcome: Outcome
    svg: str
    gateway: str

    @property
    def differences(self) -> list[str]:
        """Where it differs from what the lab says."""
        return self.outcome.differences(self.ride.expected)


def demo_locally(console: Console, pictures: Path, context: Mapping[str, str]) -> bool:
    """Runs the demo on a local cloud of its own, which it stops; returns whether every ride came out as expected.

    All it generates but the pictures is in the local cloud's folder, and goes with it.
    """
    plan = emulator.planned()
    try:
        with phase(console, "Starting the local cloud"):
            cloud = launch_for(context, plan)
        account, work = local_account(cloud), cloud.folder / "work"
        work.mkdir()
        outputs = deploy_locally(
            partial(phase, console),
            account,
            work / "cdk.out",
            work / "outputs.json",
            context=context,
            double=double_of(cloud),
        )
        return _ride_all(console, Rides(account, outputs), pictures)
    finally:
        with phase(console, "Stopping the local cloud"):
            plan.stop()


def demo_on_aws(console: Console, pictures: Path, context: Mapping[str, str]) -> bool:
    """Runs the demo on the account of the caller's credentials, in a stack of its own, which it deletes."""
    check_credentials("The demo on AWS")
    account = Account()
    with tempfile.TemporaryDirectory(prefix="wild-rydes-") as folder:
        assembly = Path(folder) / "cdk.out"
        with phase(console, "Synthesising"):
            cdk.synth(assembly, context={**context, "stack_name": DEMO_STACK_NAME})
        try:
            with phase(console, f"Deploying the stack {DEMO_STACK_NAME} to AWS with the CDK CLI"):
                outputs = cdk.deploy(account, assembly, Path(folder) / "outputs.json")
            rides = Rides(account, outputs)
            with phase(console, "Waiting for the first messages: SNS applies a new filter within 15 minutes"):
                wait_for_first_messages(rides, progress=lambda text: print_line(console, f"  {text}"))
            return _ride_all(console, rides, pictures)
        finally:
            with phase(console, f"Deleting the stack {DEMO_STACK_NAME}"):
                cdk.destroy(account, assembly)


def _ride_all(console: Console, rides: Rides, pictures: Path) -> bool:
    ridden = []
    for ride in LAB_RIDES:
        with phase(console, f"Riding: {ride.title}"):
            ridden.append(_ride(rides, ride))
    machines = {
        "machine": draw(rides.definition(), title="The fare saga"),
        "recovery": draw(rides.definition("RecoveryArn"), title="The recovery of a ride"),
    }
    with phase(console, "Searching the logs for the card"):
        search = search_for_card(rides.account, rides.outputs, LAB_FARE["cc"], [one.saga_id for one in ridden])
    _show(console, ridden)
    console.print(f"Log groups searched for the card: {len(search.groups)}, with the card: {len(search.with_card)}")
    print_line(console, _drawn(ridden, machines, pictures))
    wrong = [f"{one.ride.title}: {difference}" for one in ridden for difference in one.differences]
    wrong += search.differences
    for line in wrong:
        console.print(f"[red]not as expected:[/red] {line}")
    if not wrong:
        console.print("[green]Every ride came out as the lab says.[/green]")
    return not wrong


def _ride(rides: Rides, ride: LabRide) -> Ridden:
    saga_id = rides.start(rides.gateway.paid_with(ride.payload))
    outcome = rides.outcome(saga_id, ride.payload["fareId"])
    svg = draw(rides.definition(), rides.history(saga_id), title=ride.title)
    return Ridden(ride, saga_id, outcome, svg, rides.gateway.name)


def _drawn(ridden: Sequence[Ridden], machines: Mapping[str, str], folder: Path) -> str:
    """Draws the pictures; returns a sentence that says where they are. Without them the demo is still a demo."""
    try:
        _draw(ridden, machines, folder)
    except OSError as error:
        return f"No pictures: {in_words(error)}, or choose a folder: make demo ARGS='--pictures FOLDER'"
    return f"Pictures of the paths: {folder / 'index.html'}"


def _draw(ridden: Sequence[Ridden], machines: Mapping[str, str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, svg in machines.items():
        (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
    for one in ridden:
        (folder / f"{one.ride.title.lower().replace(' ', '-')}.svg").write_text(one.svg, encoding="utf-8")
    drawn = [DrawnRide(one.ride.title, one.outcome.status, _facts(one), one.svg) for one in ridden]
    (folder / "index.html").write_text(page(drawn), encoding="utf-8")


def _show(console: Console, ridden: Sequence[Ridden]) -> None:
    for one in ridden:
        print_facts(console, one.ride.title, _facts(one))
    console.print()


def _facts(ridden: Ridden) -> list[Fact]:
    outcome = ridden.outcome
    message = outcome.message or {}
    return [
        ("customerId", ridden.ride.customer_id),
        ("status", outcome.status),
        ("error", outcome.error or "none"),
        ("path", " → ".join(outcome.path)),
        ("fare", outcome.fare_status or "none"),
        ("gateway", ridden.gateway),
        ("captured", money(outcome.captured)),
        ("refunded", money(outcome.refunded)),
        ("credited", money(outcome.credited)),
        ("message", f"{message['fareStatus']}, in the {outcome.queue} queue" if message else "none"),
        ("as expected", "no" if ridden.differences else "yes"),
    ]
