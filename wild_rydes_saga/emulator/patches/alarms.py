"""Alarms on expressions."""

from collections.abc import Callable
from typing import Any

Call = Callable[..., Any]
Properties = dict[str, Any]
"""A resource's properties, as the template resolves."""


def patch_metric_math() -> None:
    """CloudFormation makes alarms on expressions of several metrics (`Metrics` of `AWS::CloudWatch::Alarm`).

    The emulator refuses them. Patched, they are there to be described, with what
    they watch, and are never evaluated.
    """
    from ministack.services.cloudformation import provisioners

    record: Call = provisioners._cw_metric_alarm_record

    def record_expression(name: str, properties: Properties) -> Any:
        if not properties.get("Metrics"):
            return record(name, properties)
        unmeasured = {"Namespace": "Expressions", "MetricName": name}
        simple = {key: value for key, value in properties.items() if key != "Metrics"}
        return {**record(name, {**simple, **unmeasured}), "Metrics": properties["Metrics"]}

    provisioners._cw_metric_alarm_record = record_expression
