"""A local cloud of the campaign's own, with the stack deployed, for as long as a block lasts."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lambda_src.payments.gateways import SIMULATED
from tests.support.faults.audit.books import BookReader
from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.gateways import connected, context_of, new_double, settings_of
from tests.support.faults.judges import judges_for
from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import local_account
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator.patches.express import LONGEST_SECONDS
from wild_rydes_saga.emulator.process import MORE_HOSTS
from wild_rydes_saga.saga import Plan

EXPRESS_SECONDS: Final = 18
"""In place of the five minutes after which AWS ends an Express execution."""


@contextlib.contextmanager
def faulty_cloud(
    assembly: Path | None = None, *, gateway: str = SIMULATED, express: bool = False
) -> Iterator[FaultyCloud]:
    """A local cloud of its own with the stack deployed, for as long as the block lasts.

    Args:
        assembly: A cloud assembly to deploy; the app is synthesised if None.
        gateway: The payment gateway to synthesise it with.
        express: Whether rides are on Express.

    Raises:
        JudgeError: A step of the plan cannot be judged, or a clean failure not be forced. Nothing is deployed then.
    """
    with tempfile.TemporaryDirectory(prefix="wild-rydes-") as name:
        folder = Path(name)
        faults = folder / "faults"
        faults.mkdir()
        double = new_double(gateway)
        if assembly is None:
            assembly = folder / "cdk.out"
            cdk.synth(assembly, context=context_of(gateway, double))
        plan = Plan.from_json((assembly / "WildRydesSaga.plan.json").read_text(encoding="utf-8"))
        judged = judges_for(plan)
        proxy_port = emulator.free_port()
        settings = {"SFN_WAIT_SCALE": "0.001", "FAULTS_FOLDER": str(faults), **settings_of(double)}
        settings |= {LONGEST_SECONDS: str(EXPRESS_SECONDS)} if express else {}
        settings[MORE_HOSTS] = f"{emulator.HOST}:{proxy_port}"
        with emulator.running(settings=settings, module="tests.support.faults.injection.engine") as running:
            account = local_account(running)
            cdk.bootstrap_local(account)
            outputs = cdk.deploy(account, assembly, folder / "outputs.json")
            reader = BookReader(account, outputs, double)
            cloud = FaultyCloud(running, account, outputs, plan, judged, faults, assembly, reader, express, proxy_port)
            cloud.work.hurry()
            if express:
                cloud.work.wait_for_open_rides(EXPRESS_SECONDS + 2)
            swept = cloud.work.swept_often() if express else contextlib.nullcontext()
            with swept, cloud.work.started_often(), connected(double, running, account, outputs):
                yield cloud
