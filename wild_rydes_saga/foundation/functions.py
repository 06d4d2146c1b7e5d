"""Lambda functions as every service builds them: one runtime, one code asset, one layer, one log group each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from lambda_src import environment
from wild_rydes_saga.foundation.assets.archives import archive
from wild_rydes_saga.foundation.assets.layer import layer_path
from wild_rydes_saga.foundation.nag_rules import ANY_RESOURCE, OUTSIDE_VPC, acknowledge
from wild_rydes_saga.foundation.roles import ExactRole
from wild_rydes_saga.foundation.shared import Shared
from wild_rydes_saga.foundation.timeouts import FUNCTION_TIMEOUT_SECONDS

_ROOT: Final = Path(__file__).resolve().parents[2]
_HANDLERS: Final = _ROOT / "lambda_src"
_WHY_OUTSIDE_VPC: Final = (
    "over TLS and under its own role. In a VPC it would need an endpoint for each service,"
    " paid by the hour, and would reach no less; put it into one when the gateway is in yours"
)
# A ride in flight may call a version after newer ones have come: only the function's own end deletes it,
# and a rollback of the deployment that published it. Left behind, it would refuse the next deployment:
# Lambda publishes no version of the same code and configuration again.
_VERSIONS: Final = lambda_.VersionOptions(removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)


def metrics_namespace(scope: Construct) -> str:
    """Where the stack's handlers count: a namespace of its own, for there may be several stacks in an account."""
    return f"WildRydes/{Stack.of(scope).stack_name}"


def _code_from(name: str, root: Path, folder: Path, *, suffix: str = ".py") -> lambda_.AssetCode:
    """The files of a folder with a suffix, as an asset that any machine builds alike; all files if it is empty."""
    files = [file for file in folder.rglob(f"*{suffix}") if file.is_file() and "__pycache__" not in file.parts]
    return lambda_.Code.from_asset(str(archive(name, root, files)))


@dataclass(frozen=True)
class Handler:
    """A function and its role."""

    function: lambda_.Function
    role: ExactRole


class Functions(Construct):
    """Makes the services' handlers. They share their code and the layer, so each is uploaded once."""

    def __init__(self, scope: Construct, construct_id: str, *, shared: Shared) -> None:
        super().__init__(scope, construct_id)
        self._shared = shared
        # The handlers import each other as lambda_src, so that folder keeps its name in the package.
        self._code = _code_from("handlers", _ROOT, _HANDLERS)
        self._layer = self.layer(
            self,
            "Powertools",
            "requirements.txt",
            description="Powertools for AWS Lambda (Python), as pinned in lambda_src/requirements.txt",
            used_by=_HANDLERS,
        )

    def layer(
        self,
        scope: Construct,
        construct_id: str,
        requirements: str,
        *,
        description: str,
        used_by: Path | None = None,
    ) -> lambda_.LayerVersion:
        """A layer with what a file of `lambda_src` pins; of its packages what that code imports, or all if None."""
        content = layer_path(_HANDLERS / requirements, _ROOT / ".cache", used_by=used_by)
        return lambda_.LayerVersion(
            scope,
            construct_id,
            code=_code_from(construct_id.lower(), content, content, suffix=""),
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_14],
            description=description,
        )

    def handler(
        self,
        scope: Construct,
        construct_id: str,
        *,
        service: str,
        module: str,
        variables: Mapping[str, str],
        timeout: Duration | None = None,
        layers: Sequence[lambda_.ILayerVersion] = (),
        calls: str = "AWS alone",
        uses_tables: bool = True,
    ) -> Handler:
        """A function that runs `handler` of a module of `lambda_src`, such as `payments.charge_fare`.

        Its environment has the names of `lambda_src.environment`. The service is for logs, traces
        and metrics; `calls` names what it calls, for the security rules. Without a timeout it may
        run as long as a task of a machine lets it. The layers come beside the one that all share.
        """
        log_group = self._log_group(scope, construct_id)
        role = self._role(scope, construct_id, module, log_group)
        if uses_tables:
            self._shared.encryption.allow_tables(role)
        function = lambda_.Function(
            scope,
            construct_id,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=512,
            timeout=timeout or Duration.seconds(FUNCTION_TIMEOUT_SECONDS),
            code=self._code,
            handler=f"lambda_src.{module}.handler",
            layers=[self._layer, *layers],
            log_group=log_group,
            role=role,
            current_version_options=_VERSIONS,
            tracing=lambda_.Tracing.ACTIVE,
            environment={**variables, **self._variables(service)},
        )
        return _acknowledged(Handler(function, role), calls)

    def _log_group(self, scope: Construct, construct_id: str) -> logs.LogGroup:
        settings = self._shared.settings
        return logs.LogGroup(
            scope,
            f"{construct_id}Logs",
            encryption_key=self._shared.encryption.key,
            retention=settings.log_retention,
            removal_policy=settings.removal_policy,
        )

    def _role(self, scope: Construct, construct_id: str, module: str, log_group: logs.LogGroup) -> ExactRole:
        role = ExactRole(
            scope, f"{construct_id}Role", service="lambda.amazonaws.com", description=f"Runs {module} and logs"
        )
        role.allow("logs:CreateLogStream", "logs:PutLogEvents", on=[log_group.log_group_arn])
        return role

    def _variables(self, service: str) -> dict[str, str]:
        """The environment that every handler has."""
        return {
            environment.FORCED_FAILURES: "on" if self._shared.settings.forced_failures else "off",
            "POWERTOOLS_SERVICE_NAME": service,
            "POWERTOOLS_METRICS_NAMESPACE": metrics_namespace(self),
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }


def _acknowledged(handler: Handler, calls: str) -> Handler:
    acknowledge(handler.role, ANY_RESOURCE, "X-Ray has no resources that a policy could name")
    acknowledge(handler.function, OUTSIDE_VPC, f"It calls {calls}, {_WHY_OUTSIDE_VPC}")
    return handler
