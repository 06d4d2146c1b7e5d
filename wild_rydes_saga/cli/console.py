"""`make console`: prints the address of the console, and starts it if it does not run."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from wild_rydes_saga.cli.progress import phase
from wild_rydes_saga.cli.screen import print_line
from wild_rydes_saga.console import process
from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.deployed.stacks import StackOutputs, aws_stack
from wild_rydes_saga.emulator.checkout import one_at_a_time
from wild_rydes_saga.emulator.process import HOST, free_port
from wild_rydes_saga.emulator.record import FOLDER, running_cloud


def console_of_local_cloud(screen: Console, port: int | None, folder: Path = FOLDER) -> None:
    """Prints the address of the local cloud's console; starts it first if it does not run.

    Raises:
        OperatorError: No local cloud runs.
    """

    def wait() -> None:
        screen.print("… Waiting for the `make up` or `make down` of this checkout that still runs")

    if running_cloud(folder) is None:
        raise OperatorError("no local cloud is running. Start it: make up. For your AWS account, add ARGS=--aws")
    with one_at_a_time(folder, wait):
        console = keep_running(screen, port, folder)
    print_line(screen, f"The console: {console.address}")


def keep_running(screen: Console, port: int | None, folder: Path) -> process.RunningConsole:
    """The checkout's console, started if it does not run where it should; for a command that holds the lock."""
    console = process.running_console(folder)
    if console is not None and port in (None, console.port):
        return console
    with phase(screen, "Starting the console"):
        console = process.start(folder, port)
        console.let_stay()
    return console


def console_of_aws(screen: Console, stack_name: str, port: int | None) -> None:
    """Serves the console of a stack on AWS until it is interrupted; it keeps nothing, and reads with your rights."""
    found = aws_stack(stack_name)
    outputs = StackOutputs(found.outputs)
    if "FareSagaArn" not in outputs:
        raise OperatorError(
            f'{stack_name} is not a stack of this app: name another one (ARGS="--aws --stack-name NAME")'
        )
    key, port = secrets.token_urlsafe(24), port or free_port()
    print_line(screen, f"On AWS: {found.place}. A change needs a confirmation that names it.", style="bold")
    print_line(screen, f"The console: http://{HOST}:{port}/#key={key}")
    print_line(screen, "To stop it: Ctrl-C")
    # A process of its own, since every other command would wait for what a server imports.
    command = [sys.executable, "-m", process.MODULE, str(port)]
    subprocess.run(command, env={**os.environ, process.KEY: key, process.AWS_STACK: stack_name}, check=False)
