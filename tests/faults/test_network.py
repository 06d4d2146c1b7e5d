"""The handlers' own calls of DynamoDB fail: throttles, resets, lost answers. FAULTS=all tries every kind."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from lambda_src.sdk import READ_TIMEOUT_SECONDS
from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.trial import Trial
from tests.support.publish import publish
from wild_rydes_saga.emulator.process import HOST

START_SECONDS = 30
RECOVERIES_FAIL_SECONDS = 3
PATIENCE_SECONDS = 280
FAILURES: dict[str, dict[str, Any]] = {
    "throttled": {"error": {"code": "ProvisionedThroughputExceededException"}, "probability": 0.4},
    "out of order": {"error": {"code": "InternalServerError"}, "probability": 0.3},
    "cut before it arrives": {"reset": True, "probability": 0.3},
    "written, and the answer is cut": {"response": {"abort_frac": 0.0}, "probability": 0.3},
    "written, and the answer is too slow": {
        "response": {"abort_frac": 0.0},
        "latency": (READ_TIMEOUT_SECONDS + 0.5) * 1000,
        "times": 3,
    },
}
SAMPLE = ("written, and the answer is cut",)
TRIED = FAILURES if os.environ.get("FAULTS") == "all" else {name: FAILURES[name] for name in SAMPLE}
CUSTOMERS = ("rider", "rider_fail_auth", "rider_fail_charge", "rider_fail_credit")
"""The suffixes force the handlers' other paths."""


@dataclass(frozen=True)
class Proxy:
    """A proxy in front of the emulator that lets calls of DynamoDB fail."""

    url: str

    def set_rules(self, *rules: dict[str, Any]) -> None:
        """Lets calls fail as these rules say, and only so."""
        self._call("POST", "rules", list(rules))

    def fired(self) -> int:
        """How many faults have struck so far."""
        return int(self._call("GET", "stats")["requests"]["faulted"])

    def answers(self) -> bool:
        """Returns whether it is up."""
        try:
            self._call("GET", "health")
        except (urllib.error.URLError, OSError):
            return False
        return True

    def _call(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/_microburst/{path}", data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.loads(answer.read() or b"null")


@pytest.fixture(scope="module")
def proxy(breakable: FaultyCloud) -> Iterator[Proxy]:
    """A proxy that every handler's calls pass."""
    port = breakable.proxy_port
    command = ["--upstream", breakable.running.endpoint_url, "--host", HOST, "--port", str(port)]
    process = subprocess.Popen(
        [sys.executable, "-m", "microburst", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    running = Proxy(f"http://{HOST}:{port}")
    try:
        deadline = time.monotonic() + START_SECONDS
        while not running.answers():
            assert process.poll() is None, "the proxy ended at its start"
            assert time.monotonic() < deadline, "the proxy does not answer"
            time.sleep(0.1)
        with handlers_call(breakable, running.url):
            yield running
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def handlers_call(cloud: FaultyCloud, url: str) -> Iterator[None]:
    """Lets the services' handlers call another endpoint for as long as the block lasts."""
    client = cloud.account.client("lambda")
    services = [one for one in client.list_functions()["Functions"] if "_TABLE" in str(one["Environment"])]
    before = {one["FunctionName"]: one["Environment"]["Variables"] for one in services}
    for name, variables in before.items():
        client.update_function_configuration(
            FunctionName=name, Environment={"Variables": {**variables, "AWS_ENDPOINT_URL": url}}
        )
    publish(cloud.account, cloud.outputs)
    try:
        yield
    finally:
        for name, variables in before.items():
            client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        publish(cloud.account, cloud.outputs)


def wrong_after(cloud: FaultyCloud, trials: Sequence[Trial], proxy: Proxy, rule: dict[str, Any]) -> list[str]:
    """What is wrong with rides whose calls failed for a while, and then worked again."""
    proxy.set_rules({"service": "dynamodb", **rule})
    try:
        rides = [ride for trial in trials for ride in cloud.ride(trial)]
        time.sleep(RECOVERIES_FAIL_SECONDS)
    finally:
        proxy.set_rules()
    # A function that could not give its lock back blocks the next one for two minutes.
    cloud.wait_until_quiet(patience_seconds=PATIENCE_SECONDS)
    cloud.sweep()
    cloud.wait_until_quiet(patience_seconds=PATIENCE_SECONDS)
    return [str(finding) for finding in cloud.audit(rides) if finding.saga_id]


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("rule", TRIED.values(), ids=TRIED)
def test_a_failing_network_leaves_every_ride_completed_or_undone(
    breakable: FaultyCloud, proxy: Proxy, rule: dict[str, Any]
) -> None:
    before = proxy.fired()
    # What the network does to a recovery lasts as long as the rule: it may be parked.
    trials = [Trial(label="network", customer_id=customer, may_park=True) for customer in CUSTOMERS]
    assert wrong_after(breakable, trials, proxy, rule) == []
    assert proxy.fired() - before >= 3, "nothing failed: the test tried nothing"
