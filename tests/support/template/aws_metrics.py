"""The metrics that AWS documents, as far as alarms may watch them: by namespace, with the dimensions they come with."""

from collections.abc import Mapping
from typing import Final

AWS_METRICS: Final[Mapping[str, Mapping[tuple[str, ...], frozenset[str]]]] = {
    # AWS, "Monitoring Step Functions metrics using Amazon CloudWatch": execution metrics, by the machine's ARN.
    "AWS/States": {
        ("StateMachineArn",): frozenset(
            {
                *("ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut"),
                *("ExecutionsAborted", "ExecutionThrottled", "ExecutionTime"),
            }
        )
    },
    # AWS, "Types of metrics for Lambda functions", and "Using CloudWatch metrics with Lambda" for the dimensions.
    "AWS/Lambda": {("FunctionName",): frozenset({"Invocations", "Errors", "Throttles", "Duration"})},
    # AWS, "Available CloudWatch metrics for Amazon SQS": by the queue's name.
    "AWS/SQS": {
        ("QueueName",): frozenset({"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"}),
    },
    # AWS, "Monitoring Amazon SNS topics using CloudWatch": by the topic's name.
    "AWS/SNS": {
        ("TopicName",): frozenset({"NumberOfNotificationsFailed", "NumberOfNotificationsFailedToRedriveToDlq"}),
    },
    # AWS, "Monitoring Amazon EventBridge": by the rule's name, for rules of the default event bus.
    "AWS/Events": {("RuleName",): frozenset({"FailedInvocations", "InvocationsFailedToBeSentToDlq"})},
    # AWS, "DynamoDB metrics and dimensions": of a table, and of an index of a table.
    "AWS/DynamoDB": {
        ("TableName",): frozenset({"ReadThrottleEvents", "WriteThrottleEvents"}),
        ("GlobalSecondaryIndexName", "TableName"): frozenset({"ReadThrottleEvents", "WriteThrottleEvents"}),
    },
}

NAMED_BY: Final[Mapping[str, tuple[str, str]]] = {
    "StateMachineArn": ("AWS::StepFunctions::StateMachine", "Ref"),
    "FunctionName": ("AWS::Lambda::Function", "Ref"),
    "QueueName": ("AWS::SQS::Queue", "QueueName"),
    "TopicName": ("AWS::SNS::Topic", "TopicName"),
    "RuleName": ("AWS::Events::Rule", "Ref"),
    "TableName": ("AWS::DynamoDB::Table", "Ref"),
}
"""By dimension: whose name or ARN its value is, and how a template refers to that ("Return values" of the resource)."""
