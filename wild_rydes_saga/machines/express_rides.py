"""The queue in front of the Express machine, for callers who do not wait for the answer."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lambda_src import environment
from wild_rydes_saga.foundation.functions import Functions
from wild_rydes_saga.foundation.queues import queue
from wild_rydes_saga.foundation.shared import Shared
from wild_rydes_saga.machines.event_sources import feed
from wild_rydes_saga.machines.express_fare_saga import ExpressFareSaga
from wild_rydes_saga.saga.machine import ALIAS

_TIMEOUT: Final = Duration.seconds(60)
_VISIBILITY: Final = Duration.seconds(360)
"""Six times the function's timeout (AWS, "Configuring an Amazon SQS queue for use with Lambda")."""
_RECEIVES: Final = 10
_BATCH: Final = 10
_BATCHES_AT_ONCE: Final = 50


class ExpressRides(Construct):
    """Rides each message of a queue once, and repeats it until it has an answer."""

    def __init__(
        self, scope: Construct, construct_id: str, *, saga: ExpressFareSaga, functions: Functions, shared: Shared
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = queue(self, "RidesDeadLetters", shared)
        self.queue = queue(
            self,
            "RidesQueue",
            shared,
            visibility_timeout=_VISIBILITY,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=_RECEIVES),
        )
        handler = functions.handler(
            self,
            "StartRidesFunction",
            service="express",
            module="express.start_rides",
            # The alias by its name: it is changed after everything else was deployed, this function included.
            variables={environment.EXPRESS_ARN: f"{saga.state_machine.state_machine_arn}:{ALIAS}"},
            timeout=_TIMEOUT,
            uses_tables=False,
        )
        # Only by the alias: AWS checks the machine's ARN and the qualifier separately.
        handler.role.allow(
            "states:StartSyncExecution",
            on=[saga.state_machine.state_machine_arn],
            **{"ForAnyValue:StringEquals": {"states:StateMachineQualifier": [ALIAS]}},
        )
        feed(self, handler, self.queue, shared, batch=_BATCH, at_once=_BATCHES_AT_ONCE)
