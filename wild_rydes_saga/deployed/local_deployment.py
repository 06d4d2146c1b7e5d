"""Deploys the stack to a local cloud."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.progress import phase


def deploy_locally(console: Console, account: Account, assembly: Path, outputs_file: Path) -> dict[str, str]:
    """Bootstraps the local cloud while the app is synthesised, then deploys; returns the outputs."""
    with phase(console, "Synthesising, and bootstrapping the local cloud"), ThreadPoolExecutor() as pool:
        for done in [pool.submit(cdk.synth, assembly), pool.submit(cdk.bootstrap_local, account)]:
            done.result()
    with phase(console, "Deploying with the CDK CLI"):
        return cdk.deploy(account, assembly, outputs_file)
