"""Lambda functions as every service builds them: one runtime, one code asset, one layer, one log group each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aws_cdk import Duration, IgnoreMode
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from lambda_src import environment
from wild_rydes_saga.powertools_layer import layer_path
from wild_rydes_saga.settings import Settings
from wild_rydes_saga.tasks import FUNCTION_TIMEOUT_SECONDS

_ROOT: Final = Path(__file__).resolve().parent.parent
METRICS_NAMESPACE: Final = "WildRydes"


class Functions(Construct):
    """Makes the services' handlers. They share their code and the layer, so each is uploaded once."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._code = lambda_.Code.from_asset(
            str(_ROOT),
            # The handlers import each other as lambda_src, so that folder keeps its name in the package.
            exclude=[
                "*",
                "!lambda_src",
                "!lambda_src/**",
                "__pycache__",
                "lambda_src/requirements.txt",
            ],
            ignore_mode=IgnoreMode.GIT,
        )
        requirements = _ROOT / "lambda_src" / "requirements.txt"
        self._layer = lambda_.LayerVersion(
            self,
            "Powertools",
            code=lambda_.Code.from_asset(str(layer_path(requirements, _ROOT / ".cache"))),
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_14],
            description="Powertools for AWS Lambda (Python), as pinned in lambda_src/requirements.txt",
        )

    def handler(
        self,
        scope: Construct,
        construct_id: str,
        *,
        service: str,
        module: str,
        variables: Mapping[str, str],
    ) -> lambda_.Function:
        """A function that runs `handler` of a module of `lambda_src`.

        Args:
            scope: Where the function goes.
            construct_id: Its construct id.
            service: The service it belongs to, for logs, traces and metrics.
            module: The module under `lambda_src`, such as `payments.charge_fare`.
            variables: Its environment, by the names in `lambda_src.environment`.
        """
        log_group = logs.LogGroup(
            scope,
            f"{construct_id}Logs",
            retention=self._settings.log_retention,
            removal_policy=self._settings.removal_policy,
        )
        return lambda_.Function(
            scope,
            construct_id,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=512,
            timeout=Duration.seconds(FUNCTION_TIMEOUT_SECONDS),
            code=self._code,
            handler=f"lambda_src.{module}.handler",
            layers=[self._layer],
            log_group=log_group,
            tracing=lambda_.Tracing.ACTIVE,
            environment={
                **variables,
                environment.FORCED_FAILURES: "on" if self._settings.forced_failures else "off",
                "POWERTOOLS_SERVICE_NAME": service,
                "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
                "POWERTOOLS_LOG_LEVEL": "INFO",
            },
        )
