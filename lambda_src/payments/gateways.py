"""The gateways that a stack can be deployed with. A gateway is a module with `INTAKE` and `from_environment`."""

import importlib
import os
from collections.abc import Mapping
from typing import Any, Final

from lambda_src import environment
from lambda_src.errors import MissingSetting

SIMULATED: Final = "simulated"
STRIPE: Final = "stripe"
MODULES: Final[Mapping[str, str]] = {
    SIMULATED: "lambda_src.payments.simulated_gateway",
    STRIPE: "lambda_src.payments.stripe.wiring",
}


def chosen_gateway() -> Any:
    """The module of the gateway that the environment names. Only that one is imported, with what it needs."""
    name = os.environ.get(environment.GATEWAY) or SIMULATED
    if name not in MODULES:
        raise MissingSetting(f"the gateway {name} is unknown: {environment.GATEWAY} must be {' or '.join(MODULES)}")
    return importlib.import_module(MODULES[name])


if environment.GATEWAY in os.environ:
    chosen_gateway()  # while Lambda starts the environment, which costs no ride
