"""`make outputs`: writes the file that a shell sources to use a stack on AWS as it uses the local cloud."""

import os
from pathlib import Path
from typing import Final

import boto3
from rich.console import Console

from wild_rydes_saga.cli.shell_file import print_lines, write_on_aws
from wild_rydes_saga.deployed.gateways import gateway_book
from wild_rydes_saga.deployed.rides import LAB_FARE
from wild_rydes_saga.deployed.stacks import Stack
from wild_rydes_saga.emulator.record import FOLDER

_PROFILE: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
_REGION: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")


def write_outputs(console: Console, stack: Stack, folder: Path = FOLDER) -> None:
    """Writes the stack's outputs, its region and the profile that this shell names. Writes no access key."""
    settings = {name: os.environ[name] for name in _PROFILE if name in os.environ}
    if region := boto3.Session().region_name:
        settings |= dict.fromkeys(_REGION, region)
    file = write_on_aws(folder, stack.outputs, settings)
    title = f"The stack {stack.name} is on AWS. In any shell with your credentials:"
    fare = gateway_book(stack.account, stack.outputs).paid_with(LAB_FARE)
    print_lines(console, title, file, stack.outputs, fare)
