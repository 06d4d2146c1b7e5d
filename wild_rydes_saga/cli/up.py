"""`make up`: a local cloud that stays until `make down` stops it."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from rich.console import Console

from wild_rydes_saga.cli.down import clear, stop
from wild_rydes_saga.cli.progress import phase
from wild_rydes_saga.cli.shell_file import LOCAL, print_lines, write_local
from wild_rydes_saga.deployed.account import local_account
from wild_rydes_saga.deployed.local_deployment import keep_deployed
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator import record
from wild_rydes_saga.emulator.checkout import one_at_a_time


def up(console: Console, port: int, folder: Path = record.FOLDER) -> None:
    """Starts the local cloud, or finds it running, and deploys what has changed; writes what a shell needs to use it.

    If this is killed before all of that is done, the local cloud ends by itself.

    Raises:
        EmulatorError: The port is taken by something else.
        CdkError: The deployment failed; the local cloud is stopped if it was started for it.
    """

    def wait() -> None:
        console.print("… Waiting for the `make up` or `make down` of this checkout that still runs")

    with one_at_a_time(folder, wait):
        cloud = record.running_cloud(folder)
        if cloud is not None and cloud.port != port:
            raise emulator.EmulatorError(f"the local cloud runs on port {cloud.port}: `make down` first")
        if cloud is not None:
            outputs = _deploy(console, cloud, folder)
        else:
            clear(folder)
            cloud, outputs = _start(console, port, folder)
    print_lines(console, f"The saga runs at {cloud.endpoint_url}. In any shell:", folder / LOCAL, outputs)
    console.print("\nTo stop it: make down")


def _start(console: Console, port: int, folder: Path) -> tuple[emulator.Emulator, Mapping[str, str]]:
    try:
        with phase(console, f"Starting the local cloud on 127.0.0.1:{port}"):
            cloud = emulator.launch(record.planned_cloud(folder, port))
        outputs = _deploy(console, cloud, folder)
        cloud.let_stay()
    except BaseException:
        stop(console, folder)
        raise
    return cloud, outputs


def _deploy(console: Console, cloud: emulator.Emulator, folder: Path) -> Mapping[str, str]:
    account = local_account(cloud)
    outputs = keep_deployed(partial(phase, console), account, folder)
    write_local(folder, account, outputs)
    return outputs
