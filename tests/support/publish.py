"""Makes what was changed by hand in a deployed stack what rides are given, as a deployment would."""

import re
from collections.abc import Mapping
from typing import Any

from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.saga.machine import ALIAS

MACHINES = ("FareSagaArn", "ExpressSagaArn", "RecoveryArn")
CALLED = re.compile(r"(arn:aws:lambda:[^:\"]+:[^:\"]+:function:([^:\"]+)):[0-9]+")


def publish(account: Account, outputs: Mapping[str, str]) -> None:
    """Publishes every function and machine, and lets machines and aliases lead to the newest versions."""
    machines, functions = account.client("stepfunctions"), account.client("lambda")
    newest: dict[str, str] = {}

    def newest_version(called: re.Match[str]) -> str:
        name = called[2]
        newest.setdefault(name, functions.publish_version(FunctionName=name)["FunctionArn"])
        return newest[name]

    for output in MACHINES:
        arn = outputs[output]
        before = machines.describe_state_machine(stateMachineArn=arn)["definition"]
        definition = CALLED.sub(newest_version, before)
        if definition != before:
            machines.update_state_machine(stateMachineArn=arn, definition=definition)
        version: Any = machines.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
        routing = [{"stateMachineVersionArn": version, "weight": 100}]
        machines.update_state_machine_alias(stateMachineAliasArn=f"{arn}:{ALIAS}", routingConfiguration=routing)
