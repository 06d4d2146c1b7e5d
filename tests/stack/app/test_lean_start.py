"""A cold start is lean: the layer holds what is imported, and importing a handler takes little beside its client."""

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from aws_cdk.assertions import Template

from lambda_src import environment as names
from lambda_src.payments.gateways import STRIPE
from tests.conftest import REPORTED, ROOT
from tests.support.template.app import app_command
from tests.support.template.calls import SCENARIOS
from wild_rydes_saga.foundation.assets.layer import layer_path
from wild_rydes_saga.foundation.assets.reachable import reachable

HANDLERS: Final = ROOT / "lambda_src"
MOST: Final = 1.15
ROUNDS: Final = 9
SYNTHS: Final = 3
MOST_OF_EMPTY: Final = 1.6
SERIES: Final = 3
"""Other work may disturb a series of runs from its first to its last: then another one is measured."""
EMPTY_APP: Final = "import aws_cdk as cdk\napp = cdk.App()\ncdk.Stack(app, 'Empty')\napp.synth()\n"
RUN: Final = "import wild_rydes_saga.foundation.node, runpy; runpy.run_path('app.py', run_name='__main__')"
"""With the Node that the app chooses, also for the empty one."""
BOTO3: Final = "import boto3; boto3.client('dynamodb')"
LOADED: Final = "[m.__file__ for m in list(sys.modules.values()) if getattr(m, '__file__', None)]"


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return layer_path(HANDLERS / "requirements.txt", tmp_path_factory.mktemp("layer"), used_by=HANDLERS) / "python"


def environment(layer: Path) -> dict[str, str]:
    """As on AWS: nothing of the layer and the code is compiled, and boto3 is."""
    given = {
        "PYTHONPATH": f"{layer}{os.pathsep}{ROOT}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, **given}


def test_the_layer_holds_nothing_that_no_handler_imports(layer: Path) -> None:
    imports = "; ".join(f"import lambda_src.{module}" for module in SCENARIOS)
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {imports}; print({LOADED})"],
        env=environment(layer),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    loaded = {Path(file) for file in ast.literal_eval(done.stdout)}
    there = set(layer.rglob("*.py"))
    assert there == {file for file in loaded if file.is_relative_to(layer)}
    others = {file.relative_to(layer).name for file in layer.rglob("*") if file.is_file()} - {one.name for one in there}
    assert others == {"METADATA", "LICENSE"}


def test_what_only_another_python_imports_is_in_the_layer_too(tmp_path: Path) -> None:
    files = {
        "package/__init__.py": "",
        "package/one.py": "import sys\nif sys.version_info > (9,):\n    from . import later\n",
        "package/later.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import typed\n",
        "package/typed.py": "",
        "package/feature.py": "",
        "package/two.py": "def call():\n    from . import feature\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    code = tmp_path / "code.py"
    code.write_text("def use():\n    from package.one import anything\n    import package.two\n", encoding="utf-8")
    found = {file.relative_to(tmp_path).as_posix() for file in reachable([code], tmp_path)}
    assert found == {f"package/{name}.py" for name in ("__init__", "one", "later", "two")}


def test_stripes_layer_over_the_functions_own_serves_both(stripe: Template, layer: Path, tmp_path: Path) -> None:
    """Lambda merges layers in their order. Both have a typing_extensions, and Stripe's SDK needs the whole one."""
    functions = stripe.find_resources("AWS::Lambda::Function")
    [charge] = [one["Properties"] for name, one in functions.items() if "ChargeFareFunction" in name]
    assert ["StripeGateway" in one["Ref"] for one in charge["Layers"]] == [False, True]
    for content in (layer, layer_path(HANDLERS / "requirements-stripe.txt", tmp_path) / "python"):
        shutil.copytree(content, tmp_path / "merged", dirs_exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", "import lambda_src.payments.charge_fare, sys; assert 'stripe' in sys.modules"],
        env={**environment(tmp_path / "merged"), names.GATEWAY: STRIPE},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr


def seconds(program: str, given: dict[str, str], *options: str, folder: Path = Path("/")) -> float:
    """The time of the processor that a program takes. Other work makes it longer: the shortest of several counts."""
    process = subprocess.Popen(
        [sys.executable, *options, "-c", program],
        env=given,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0
    return used.ru_utime + used.ru_stime


def ratio(measured: Callable[[], tuple[float, float]], *, rounds: int, most: float) -> float:
    """The shortest time of one to that of the other, measured in turn."""
    runs: list[tuple[float, float]] = []
    for _ in range(SERIES):
        runs += [measured() for _ in range(rounds)]
        found = min(ours for ours, _ in runs) / min(theirs for _, theirs in runs)
        if found <= most:
            break
    return found


@pytest.mark.long
@pytest.mark.parametrize("module", ["payments.charge_fare", "accounts.credit_customer_account"])
def test_a_handler_with_its_client_starts_as_fast_as_boto3(
    layer: Path, tmp_path: Path, module: str, record_property: Callable[[str, object], None]
) -> None:
    given = environment(layer)
    code = tmp_path / "lambda_src"
    for file in HANDLERS.rglob("*.py"):  # a copy in which nothing is compiled
        target = code / file.relative_to(HANDLERS)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    given["PYTHONPATH"] = f"{layer}{os.pathsep}{tmp_path}"
    handler = f"import lambda_src.{module}, lambda_src.dynamodb; lambda_src.dynamodb.client()"
    times = ratio(lambda: (seconds(handler, given), seconds(BOTO3, given)), rounds=ROUNDS, most=MOST)
    record_property(REPORTED, f"{module} and its client: {times:.2f} of boto3 and its client")
    assert times <= MOST


@pytest.mark.long
def test_a_synthesis_takes_little_more_than_an_empty_apps(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    (tmp_path / "app.py").write_text(EMPTY_APP, encoding="utf-8")
    context = json.dumps(json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"])
    given = {**os.environ, "PYTHONPATH": str(ROOT), "CDK_CONTEXT_JSON": context}
    given.pop("PYTHONDONTWRITEBYTECODE", None)
    empty = {**given, "CDK_CONTEXT_JSON": "{}", "CDK_OUTDIR": str(tmp_path / "empty")}
    whole = {**given, "CDK_OUTDIR": str(tmp_path / "ours")}

    _python, *options, _app = app_command()

    def in_turn() -> tuple[float, float]:
        return seconds(RUN, whole, *options, folder=ROOT), seconds(RUN, empty, folder=tmp_path)

    times = ratio(in_turn, rounds=SYNTHS, most=MOST_OF_EMPTY)
    record_property(REPORTED, f"a synthesis: {times:.2f} of an empty app's")
    assert times <= MOST_OF_EMPTY
