"""`make up`: a local cloud that stays until `make down` stops it."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from rich.console import Console

from wild_rydes_saga.cli.console import keep_running
from wild_rydes_saga.cli.down import clear, stop
from wild_rydes_saga.cli.progress import phase
from wild_rydes_saga.cli.screen import print_line
from wild_rydes_saga.cli.shell_file import LOCAL, print_lines, write_local
from wild_rydes_saga.deployed.account import local_account
from wild_rydes_saga.deployed.gateways import gateway_book
from wild_rydes_saga.deployed.local_deployment import is_stripe, keep_deployed, launch_for
from wild_rydes_saga.deployed.rides import LAB_FARE
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator import record
from wild_rydes_saga.emulator.checkout import one_at_a_time
from wild_rydes_saga.emulator.stripe_double.process import double_of


def up(
    console: Console,
    port: int,
    folder: Path = record.FOLDER,
    *,
    context: Mapping[str, str] | None = None,
    console_port: int | None = None,
) -> None:
    """Starts the local cloud, or finds it running, and deploys what has changed; writes what a shell needs to use it.

    Starts its console as well, on a free port if none is given.

    If this is killed before all of that is done, the local cloud ends by itself.

    Raises:
        EmulatorError: The port is taken by something else.
        CdkError: The deployment failed; the local cloud is stopped if it was started for it.
    """

    def wait() -> None:
        console.print("… Waiting for the `make up` or `make down` of this checkout that still runs")

    with one_at_a_time(folder, wait):
        cloud = record.running_cloud(folder)
        if cloud is not None:
            _check_fits(cloud, port, context or {})
            outputs = _deploy(console, cloud, folder, context or {})
        else:
            clear(folder)
            cloud, outputs = _start(console, port, folder, context or {})
        page = keep_running(console, console_port, folder)
    gateway = gateway_book(local_account(cloud), outputs)
    fare = gateway.paid_with(LAB_FARE)
    print_lines(console, f"The saga runs at {cloud.endpoint_url}. In any shell:", folder / LOCAL, outputs, fare)
    console.print()
    print_line(console, f"Gateway: {gateway.name}.")
    console.print("\nThe rides in a browser, while they run:\n")
    console.print(page.address, soft_wrap=True, markup=False, highlight=False)
    console.print("\nTo stop both: make down")


def _check_fits(cloud: emulator.Emulator, port: int, context: Mapping[str, str]) -> None:
    """Refuses a local cloud that runs where it was not asked for, or without what the gateway needs."""
    if cloud.port != port:
        raise emulator.EmulatorError(f"the local cloud runs on port {cloud.port}: `make down` first")
    if is_stripe(context) and double_of(cloud) is None:
        raise emulator.EmulatorError("the local cloud runs without Stripe's double: `make down` first")


def _start(
    console: Console, port: int, folder: Path, context: Mapping[str, str]
) -> tuple[emulator.Emulator, Mapping[str, str]]:
    try:
        with phase(console, f"Starting the local cloud on 127.0.0.1:{port}"):
            cloud = launch_for(context, record.planned_cloud(folder, port))
        outputs = _deploy(console, cloud, folder, context)
        cloud.let_stay()
    except BaseException:
        stop(console, folder)
        raise
    return cloud, outputs


def _deploy(console: Console, cloud: emulator.Emulator, folder: Path, context: Mapping[str, str]) -> Mapping[str, str]:
    account = local_account(cloud)
    outputs = keep_deployed(partial(phase, console), account, folder, context=context, double=double_of(cloud))
    write_local(folder, account, outputs)
    return outputs
