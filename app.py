"""Entry point of the CDK app: reads the context, builds the stack. Calls no AWS, no git and no Docker."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import wild_rydes_saga.foundation.node  # noqa: F401  # chooses the Node that the import of aws_cdk starts

# isort: split
import aws_cdk as cdk

from wild_rydes_saga.foundation.assets.layer import LayerError
from wild_rydes_saga.foundation.nag_rules import add_security_rules, add_template_rules
from wild_rydes_saga.saga.validation import SagaValidation
from wild_rydes_saga.settings import (
    DEFAULT_STACK_NAME,
    SettingsError,
    checked_balance_shards,
    checked_email,
    checked_gateway,
    checked_stack_name,
    checked_warm_throughput,
    settings_for,
)
from wild_rydes_saga.stack import WildRydesSagaStack

_VALIDATION_FAILED: Final = "ValidationFailed"
"""The text of CDK's error when a validation has found something and has reported it."""


def main() -> None:
    """Synthesises the stack for the stage that the context names; verifies its machines, and writes their plans."""
    app = cdk.App(builtin_cloud_formation_validation=False)  # see `add_template_rules`
    stage = app.node.try_get_context("stage") or "workshop"
    warm = app.node.try_get_context("warm_throughput")
    stack_name = app.node.try_get_context("stack_name") or DEFAULT_STACK_NAME
    try:
        stack = WildRydesSagaStack(
            app,
            "WildRydesSaga",
            stack_name=checked_stack_name(stack_name),
            settings=replace(
                settings_for(stage),
                warm_throughput=checked_warm_throughput(warm),
                balance_shards=checked_balance_shards(app.node.try_get_context("balance_shards")),
                gateway=checked_gateway(*map(app.node.try_get_context, ("gateway", "currency", "stripe_url"))),
            ),
            alarm_email=checked_email(app.node.try_get_context("alarm_email")),
        )
    except (SettingsError, LayerError) as error:
        sys.exit(f"error: {error}")
    if stack.monitoring.reaches_nobody and stage == "production":
        sys.stderr.write("note: no address receives the alarms: give one with -c alarm_email=somebody@example.com\n")
    add_security_rules(app)
    if stage == "production":
        add_template_rules(app)
    SagaValidation.add_to(app, stack.fare_saga, stack.recovery.machine)
    try:
        assembly = Path(app.synth().directory)
    except RuntimeError as error:
        if _VALIDATION_FAILED not in str(error):
            raise
        sys.exit("error: the saga breaks a rule of sagalint, or the template a security rule: see the report above")
    (assembly / f"{stack.artifact_id}.plan.json").write_text(stack.fare_saga.plan.to_json(), encoding="utf-8")
    (assembly / f"{stack.artifact_id}.express.plan.json").write_text(
        stack.express_saga.plan.to_json(), encoding="utf-8"
    )
    (assembly / f"{stack.artifact_id}.recovery.plan.json").write_text(
        stack.recovery.machine.plan.to_json(), encoding="utf-8"
    )


if __name__ == "__main__":
    try:
        main()
    except OSError as error:  # a disk that is full, a checkout that cannot be written
        sys.exit(f"error: {error.strerror or error}: {error.filename}")
