"""The command line: `python -m wild_rydes_saga.local demo | up | down`."""

import argparse
import signal
import sys
from pathlib import Path
from typing import Final, NoReturn

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from wild_rydes_saga.local.cdk import CdkError
from wild_rydes_saga.local.demo import PICTURES, demo_locally, demo_on_aws
from wild_rydes_saga.local.emulator import EmulatorError
from wild_rydes_saga.local.up import down, up

_INTERRUPTED: Final = 130
_LAST_PORT: Final = 65535


def main() -> int:
    """Runs a command; returns its exit code, and never shows a user a stack trace."""
    arguments = _parser().parse_args()
    console = Console(highlight=False)
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _interrupt)
    try:
        match arguments.command:
            case "up":
                up(console, arguments.port)
            case "down":
                down(console)
            case "demo":
                run = demo_on_aws if arguments.aws else demo_locally
                return 0 if run(console, arguments.pictures) else 1
    except (EmulatorError, CdkError, OSError, ClientError, BotoCoreError) as error:
        console.print(f"error: {error}", style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("stopped")
        return _INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m wild_rydes_saga.local", description="The fare saga on a laptop")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="deploy, run the lab's four rides, and check what each came to")
    demo.add_argument(
        "--aws", action="store_true", help="on the account of your AWS credentials, in a stack of its own"
    )
    demo.add_argument("--pictures", type=Path, default=PICTURES, help="folder for the pictures (%(default)s)")
    start = commands.add_parser("up", help="start a local cloud that stays, and deploy to it")
    start.add_argument("--port", type=_port, default=4566, help="where it listens on 127.0.0.1 (%(default)s)")
    commands.add_parser("down", help="end the local cloud")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: use a number from 1 to {_LAST_PORT}")
    return int(text)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
