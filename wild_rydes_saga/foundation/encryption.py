"""The one key under which everything is kept, and who may use it for what."""

from typing import Any, Final

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from wild_rydes_saga.foundation.roles import ExactRole
from wild_rydes_saga.saga.machine import MACHINE_CONTEXT, qualified_or_not
from wild_rydes_saga.settings import Settings

_WAITS_BEFORE_DELETION: Final = Duration.days(7)
"""As short as KMS allows: until then a deleted key, and what is under it, can be had back."""

TO_READ: Final = ("kms:Decrypt", "kms:DescribeKey")
"""What DynamoDB asks of those who use a table."""
TO_SEND: Final = ("kms:Decrypt", "kms:GenerateDataKey")
"""What SNS and SQS ask of those who send to a topic or a queue, also when a service does."""
_TO_LOG: Final = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")
"""What CloudWatch Logs needs to keep a log group under the key."""


class Encryption(Construct):
    """A customer-managed key for tables, queues, topics, logs, executions and cards.

    Its policy lets the account's own policies decide who may use it, as AWS advises, and
    lets in five services, each for its own purpose and for this stack's resources alone.
    Nothing else is written into it: who uses the key is granted it in its own role.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        key = kms.Key(
            self,
            "Key",
            description=f"Everything that {Stack.of(self).stack_name} keeps",
            enable_key_rotation=True,
            pending_window=_WAITS_BEFORE_DELETION,
            removal_policy=settings.removal_policy,
        )
        for statement in self._services():
            key.add_to_resource_policy(statement)
        # As if it were imported, so that no construct adds to the policy behind our back: those grants have wildcards.
        self.key: kms.IKey = kms.Key.from_key_arn(self, "Use", key.key_arn)
        self._key_arn = self.key.key_arn
        self._domain = f"{Stack.of(self).region}.{Stack.of(self).url_suffix}"

    def allow_tables(self, role: ExactRole) -> None:
        """Lets a role use the tables that it is granted."""
        self._allow(role, "dynamodb", *TO_READ)

    def allow_secrets(self, role: ExactRole) -> None:
        """Lets a role read secrets that it is granted."""
        self._allow(role, "secretsmanager", "kms:Decrypt")

    def allow_sending(self, role: ExactRole, service: str) -> None:
        """Lets a role send to topics (`sns`) or queues (`sqs`) that it is granted."""
        self._allow(role, service, *TO_SEND)

    def allow_receiving(self, role: ExactRole) -> None:
        """Lets a role receive from queues that it is granted."""
        self._allow(role, "sqs", "kms:Decrypt")

    def allow_executions(self, role: ExactRole, *machine_names: str) -> None:
        """Lets a role read the executions of machines, which it must be granted too.

        Also those that a caller started by a version or an alias, which may stand in the encryption context.
        """
        stack = Stack.of(self)
        machines = [
            stack.format_arn(
                service="states", resource="stateMachine", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
            )
            for name in machine_names
        ]
        forms = [form for machine in machines for form in qualified_or_not(machine)]
        role.allow("kms:Decrypt", on=[self._key_arn], ArnLike={MACHINE_CONTEXT: forms})

    def allow_purpose(self, role: ExactRole, action: str, purpose: str) -> None:
        """Lets a role encrypt or decrypt by itself what has a purpose in its encryption context, and nothing else."""
        role.allow(action, on=[self._key_arn], StringEquals={"kms:EncryptionContext:purpose": purpose})

    def _allow(self, role: ExactRole, service: str, *actions: str) -> None:
        role.allow(*actions, on=[self._key_arn], StringEquals={"kms:ViaService": f"{service}.{self._domain}"})

    def _services(self) -> list[iam.PolicyStatement]:
        stack = Stack.of(self)
        region, account, name = stack.region, stack.account, stack.stack_name

        def arn(service: str, resource: str) -> str:
            return f"arn:{stack.partition}:{service}:{region}:{account}:{resource}"

        ours = {"StringEquals": {"aws:SourceAccount": account}}
        # The resources' own ARNs would be a circle: they are made with the key. Their names begin with the stack's.
        return [
            _let_in(
                # The one principal with the partition's domain: in China it ends with amazonaws.com.cn.
                f"logs.{region}.{stack.url_suffix}",
                *_TO_LOG,
                ArnLike={
                    "kms:EncryptionContext:aws:logs:arn": [
                        arn("logs", f"log-group:{name}-*"),
                        arn("logs", f"log-group:/aws/vendedlogs/states/{name}-*"),
                    ]
                },
            ),
            _let_in(
                "delivery.logs.amazonaws.com",
                "kms:Decrypt",
                # What the machine's role encrypts the log's data key with, which the delivery must give to decrypt it.
                StringEquals={"kms:EncryptionContext:SourceArn": arn("logs", "*")},
            ),
            _let_in("sns.amazonaws.com", *TO_SEND, **ours, ArnLike={"aws:SourceArn": arn("sns", f"{name}-*")}),
            # As AWS documents it for rules with an encrypted target ("Amazon EventBridge targets"): no condition on the
            # source, which EventBridge need not name to KMS; SNS documents that it does not. The queues name the rules.
            _let_in("events.amazonaws.com", *TO_SEND),
            _let_in(
                "cloudwatch.amazonaws.com",
                *TO_SEND,
                **ours,
                ArnLike={"aws:SourceArn": arn("cloudwatch", f"alarm:{name}-*")},
            ),
        ]


def _let_in(service: str, *actions: str, **conditions: Any) -> iam.PolicyStatement:
    """A statement of the key's policy; its resource is the key, which in a key's own policy is written `*`."""
    return iam.PolicyStatement(
        principals=[iam.ServicePrincipal(service)],
        actions=[*actions],
        resources=["*"],
        conditions=conditions or None,
    )
