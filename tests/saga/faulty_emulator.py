"""The local cloud with faults: `python -m tests.saga.faulty_emulator PORT`.

Wraps the emulator's call of a task. A fault strikes before the task's effect
(nothing happened) or after it (it happened, and the answer was lost). Faults
are read from the JSON file named by FAULTS_FILE at every call.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from wild_rydes_saga.local.emulator_process import serve
from wild_rydes_saga.local.mends import mend_all


def inject_faults() -> None:
    """Mends the emulator, then lets the file of faults decide over each task's call."""
    mend_all()
    from ministack.services import stepfunctions

    invoke = stepfunctions._invoke_resource
    struck: dict[str, int] = {}
    lock = threading.Lock()

    def strikes(fault: dict[str, Any]) -> bool:
        with lock:
            count = struck[fault["id"]] = struck.get(fault["id"], 0) + 1
        return fault["times"] is None or count <= fault["times"]

    def invoke_with_faults(resource: str, arguments: Any) -> Any:
        call = json.dumps([resource, arguments])
        faults = json.loads(Path(os.environ["FAULTS_FILE"]).read_text())
        mine = next((one for one in faults if one["fare"] in call and one["task"] in call), None)
        if mine is None or not strikes(mine):
            return invoke(resource, arguments)
        if mine["after"]:
            invoke(resource, arguments)
        raise stepfunctions._ExecutionError(mine["error"], mine["cause"])

    stepfunctions._invoke_resource = invoke_with_faults


if __name__ == "__main__":
    serve(int(sys.argv[1]), before=inject_faults)
