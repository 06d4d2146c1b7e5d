"""`make adopt`: takes what a destroyed production stack left behind into a new stack."""

import json
import shlex
import tempfile
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from rich.console import Console

from wild_rydes_saga.cli.progress import phase
from wild_rydes_saga.cli.screen import count, print_facts, print_line, print_next
from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.deployed.operations.left_behind import LeftBehind, left_behind
from wild_rydes_saga.deployed.stacks import DEFAULT_STACK_NAME


def adopt(
    console: Console, account: Account, stack_name: str, *, context: Mapping[str, str], confirmed: bool
) -> dict[str, str]:
    """Imports what the last stack of a name left behind into a new one, and deploys that in the same stage.

    Guarantee: import and deployment are of the stage in which the destroyed stack
    was deployed, and with its gateway and currency. Without confirmation nothing is changed.

    Args:
        console: Where to.
        account: Whose.
        stack_name: The destroyed stack's name, which is the new one's as well.
        context: More context of the CDK app.
        confirmed: Whether to do it, or only to say what would be done.

    Returns:
        The new stack's outputs; empty if nothing was done.

    Raises:
        OperatorError: Nothing can be taken over, or the currency of its gateway is not on record.
    """
    found = _found(account, stack_name, context)
    _explain(console, found)
    if not confirmed:
        print_next(console, _command(account, stack_name, context))
        return {}
    given = {**context, "stack_name": stack_name, "stage": found.stage, **found.gateway}
    show = partial(phase, console)
    with tempfile.TemporaryDirectory(prefix="wild-rydes-") as name:
        folder = Path(name)
        mapping = folder / "mapping.json"
        mapping.write_text(json.dumps(found.mapping()), encoding="utf-8")
        with show("Synthesising"):
            cdk.synth(folder / "cdk.out", context=given)
        with show(f"Importing into a new stack {stack_name}"):
            cdk.import_resources(account, folder / "cdk.out", mapping)
        with show("Deploying the rest of it with the CDK CLI"):
            outputs = cdk.deploy(account, folder / "cdk.out", folder / "outputs.json")
    print_line(console, f"The stack {stack_name} is deployed in the stage {found.stage}, with every row that was left.")
    return outputs


def _found(account: Account, stack_name: str, context: Mapping[str, str]) -> LeftBehind:
    found = left_behind(account, stack_name)
    if found.gateway and "currency" not in {**context, **found.gateway}:
        raise OperatorError("the destroyed stack did not note its currency: name it, as in -c currency=usd")
    return found


def _explain(console: Console, found: LeftBehind) -> None:
    counted = Counter(one.kind.rpartition("::")[2].lower() for one in found.resources)
    holds = ", ".join(count(number, kind) for kind, number in sorted(counted.items()))
    print_line(console, f"The stack {found.stack_name} was destroyed on {found.deleted_at} and left {holds} behind.")
    with_gateway = f", with the gateway {' in '.join(found.gateway.values())}" if found.gateway else ""
    print_line(
        console,
        f"They are imported into a new stack of that name. It is deployed in the same stage, {found.stage}"
        f"{with_gateway}.",
    )
    print_facts(console, "Left behind", [(one.kind.rpartition("::")[2], one.physical_id) for one in found.resources])


def _command(account: Account, stack_name: str, context: Mapping[str, str]) -> str:
    options = ["--yes"] if account.endpoint_url else ["--aws", "--yes"]
    options += ["--stack-name", stack_name] if stack_name != DEFAULT_STACK_NAME else []
    options += [part for name, value in context.items() for part in ("-c", f"{name}={value}")]
    return f"make adopt ARGS={shlex.quote(shlex.join(options))}"
