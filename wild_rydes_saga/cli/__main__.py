"""The command line, behind the Makefile: `python -m wild_rydes_saga.cli COMMAND`."""

import argparse
import sys
from pathlib import Path
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from wild_rydes_saga.cli.check import check_machine
from wild_rydes_saga.cli.console import console_of_aws, console_of_local_cloud
from wild_rydes_saga.cli.demo import PICTURES, demo_locally, demo_on_aws
from wild_rydes_saga.cli.down import down
from wild_rydes_saga.cli.operator.adopt import adopt
from wild_rydes_saga.cli.operator.drill import run_drill
from wild_rydes_saga.cli.operator.lift import lift
from wild_rydes_saga.cli.operator.recover import recover_all, recover_ride
from wild_rydes_saga.cli.operator.ride import show_ride
from wild_rydes_saga.cli.operator.rides import list_rides
from wild_rydes_saga.cli.outputs import write_outputs
from wild_rydes_saga.cli.plainly import run_plainly
from wild_rydes_saga.cli.screen import new_console, print_line
from wild_rydes_saga.cli.up import up
from wild_rydes_saga.deployed.cdk import CdkError
from wild_rydes_saga.deployed.credentials import check_credentials, refuse_local_cloud
from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.deployed.stacks import DEFAULT_STACK_NAME, aws_account, aws_stack, local_stack, running_account
from wild_rydes_saga.emulator.process import EmulatorError

_LAST_PORT: Final = 65535


def main() -> int:
    """Runs a command; returns its exit code, and never shows a user a stack trace."""
    return run_plainly(_run, OperatorError, EmulatorError, CdkError, ClientError, BotoCoreError)


def _run() -> int:
    arguments = _parser().parse_args()
    console = new_console()
    match arguments.command:
        case "up":
            up(console, arguments.port, context=dict(arguments.context), console_port=arguments.console_port)
        case "down":
            down(console)
        case "demo":
            run = demo_on_aws if arguments.aws else demo_locally
            return 0 if run(console, arguments.pictures, dict(arguments.context)) else 1
        case "console" if arguments.aws:
            refuse_local_cloud("`make console ARGS=--aws`")
            console_of_aws(console, arguments.stack_name, arguments.console_port)
        case "console":
            console_of_local_cloud(console, arguments.console_port)
        case "check-aws":
            _check_aws(arguments.target)
        case "outputs":
            refuse_local_cloud("`make outputs`")
            write_outputs(console, aws_stack(arguments.stack_name))
        case "adopt":
            account = aws_account("`make adopt`") if arguments.aws else running_account()
            context = dict(arguments.context or [])
            adopt(console, account, arguments.stack_name, context=context, confirmed=arguments.yes)
        case _:
            return 0 if _operate(console, arguments) else 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wild_rydes_saga.cli", description="The fare saga: on this machine, or on AWS"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="deploy, run the lab's four rides, and check the outcome of each")
    demo.add_argument(
        "--aws", action="store_true", help="on the account of your AWS credentials, in a stack of its own"
    )
    demo.add_argument("--pictures", type=Path, default=PICTURES, help="folder for the pictures (%(default)s)")
    start = commands.add_parser("up", help="start a local cloud, and deploy to it what has changed")
    start.add_argument("--port", type=_port, default=4566, help="where it listens on 127.0.0.1 (%(default)s)")
    page = commands.add_parser("console", help="print the address of the console, and start it if it does not run")
    _add_place(page)
    for serving in (start, page):
        serving.add_argument("--console-port", type=_port, help="where the console listens (default: a free port)")
    for deploying in (demo, start):
        deploying.add_argument(
            *("-c", "--context"),
            action="append",
            default=[],
            type=_pair,
            metavar="KEY=VALUE",
            help="the app's context, such as gateway=stripe",
        )
    commands.add_parser("down", help="stop the local cloud")
    outputs = commands.add_parser("outputs", help="write the file that a shell sources to use a stack on AWS")
    outputs.add_argument("--stack-name", default=DEFAULT_STACK_NAME, help="the stack (%(default)s)")
    check = commands.add_parser("check-aws", help="check that a CDK command can reach an AWS account")
    check.add_argument("target", choices=["diff", "deploy", "destroy"], help="the make target that runs it")
    take_over = commands.add_parser("adopt", help="take what a destroyed production stack left into a new one")
    take_over.add_argument("--yes", action="store_true", help="do it; without this, only say what would be done")
    take_over.add_argument(
        "-c", "--context", action="append", type=_pair, metavar="KEY=VALUE", help="more context of the CDK app"
    )
    _add_place(take_over)
    add_operators(commands)
    return parser


def _add_place(command: argparse.ArgumentParser) -> None:
    """Adds the options that say where a command's stack is."""
    command.add_argument("--aws", action="store_true", help="on the account of your AWS credentials")
    command.add_argument("--stack-name", default=DEFAULT_STACK_NAME, help="the stack there (%(default)s)")


def add_operators(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the commands of an operator."""
    rides = commands.add_parser("rides", help="list the rides that are parked, or open for too long")
    recover = commands.add_parser("recover", help="finish a ride, or every ride that `rides` lists")
    ride = commands.add_parser("ride", help="show one ride, never its card")
    ride.add_argument("ride", metavar="RIDE", help="its execution's ARN or name")
    which = recover.add_mutually_exclusive_group(required=True)
    which.add_argument("ride", metavar="RIDE", nargs="?", help="its execution's ARN or name")
    which.add_argument("--all", action="store_true", help="every ride that is parked, or open for too long")
    age = rides.add_mutually_exclusive_group()
    age.add_argument(
        "--older-than",
        type=_seconds,
        metavar="SECONDS",
        help="how long is too long (default: as long as the saga can run)",
    )
    age.add_argument("--all", action="store_true", help="every open ride")
    machine = commands.add_parser("check", help="check the learner's machine with the lab's four rides and sagalint")
    machine.add_argument("file", metavar="FILE", nargs="?", type=Path, help="a definition (default: start-here's own)")
    lifted = commands.add_parser("lift", help="end the failure that a ride of _fail_refund forces")
    lifted.add_argument("ride", metavar="RIDE", help="its execution's ARN or name")
    drill = commands.add_parser("drill", help="practise: find, fix and recover a ride whose refund fails")
    drill.add_argument("--auto", action="store_true", help="type the runbook's commands instead of asking for them")
    for operator in (rides, ride, recover, machine, lifted, drill):
        _add_place(operator)
        # On AWS, a command that changes the stack says first which one.
        operator.set_defaults(changes_stack=operator not in (rides, ride))


def _operate(console: Console, arguments: argparse.Namespace) -> bool:
    """Carries out an operator's command; returns False if a ride still needs a person."""
    stack = aws_stack(arguments.stack_name) if arguments.aws else local_stack()
    if arguments.aws and arguments.changes_stack:
        print_line(console, f"On AWS: {stack.place}.")
    match arguments.command:
        case "rides":
            list_rides(console, stack, older_than=arguments.older_than, everything=arguments.all)
        case "check":
            return check_machine(console, stack, arguments.file)
        case "lift":
            lift(console, stack, arguments.ride)
        case "drill":
            return run_drill(console, stack, None if arguments.auto or not sys.stdin.isatty() else input)
        case "ride":
            show_ride(console, stack, arguments.ride)
        case "recover" if arguments.all:
            return recover_all(console, stack)
        case "recover":
            return recover_ride(console, stack, arguments.ride)
    return True


def _check_aws(target: str) -> None:
    what = f"`make {target}`"
    check_credentials(what)
    if target != "diff":  # what a deployment to the local cloud would change is a fair question
        refuse_local_cloud(what)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return name, value


def _seconds(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: use a number from 1 to {_LAST_PORT}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
