"""A template with its references filled in, as a deployment does it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

REGION: Final = "eu-west-1"
ACCOUNT: Final = "111122223333"
_PSEUDO: Final = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "stack",
}
_ARNS: Final = {
    "AWS::DynamoDB::Table": "dynamodb:{place}:table/{name}",
    "AWS::IAM::Role": "iam::{account}:role/{name}",
    "AWS::KMS::Key": "kms:{place}:key/{name}",
    "AWS::Lambda::Function": "lambda:{place}:function:{name}",
    "AWS::Lambda::LayerVersion": "lambda:{place}:layer:{name}:1",
    "AWS::Logs::LogGroup": "logs:{place}:log-group:{name}:*",
    "AWS::SNS::Topic": "sns:{place}:{name}",
    "AWS::SQS::Queue": "sqs:{place}:{name}",
    "AWS::StepFunctions::StateMachine": "states:{place}:stateMachine:{name}",
}
_NAMES: Final = ("StateMachineName", "FunctionName", "TableName", "QueueName", "TopicName", "LogGroupName", "RoleName")
_REF_IS_ARN: Final = {"AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"}


class Concrete:
    """A template's values with what they refer to."""

    def __init__(self, template: Mapping[str, Any]) -> None:
        self.resources: Mapping[str, dict[str, Any]] = template["Resources"]

    def of_type(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The resources of a type, by their logical ids, with plain properties."""
        for logical_id, resource in self.resources.items():
            if resource["Type"] == kind:
                yield logical_id, dict(self.plain(resource["Properties"]))

    def plain(self, value: Any) -> Any:
        """A value with its references filled in."""
        match value:
            case {"Ref": str(name)}:
                return _PSEUDO[name] if name in _PSEUDO else self._ref(name)
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return self.name(name) if attribute in ("Name", "QueueName", "TopicName") else self.arn(name)
            case {"Fn::Join": [str(between), parts]}:
                return between.join(str(self.plain(part)) for part in parts)
            case dict():
                return {name: self.plain(inner) for name, inner in value.items()}
            case list():
                return [self.plain(inner) for inner in value]
        return value

    def name(self, logical_id: str) -> str:
        """A resource's name: its own, or its logical id."""
        given = self.resources[logical_id].get("Properties", {})
        named = next((given[field] for field in _NAMES if field in given), logical_id)
        return str(self.plain(named))

    def arn(self, logical_id: str) -> str:
        """A resource's ARN."""
        resource = self.resources[logical_id]
        kind, given = resource["Type"], resource.get("Properties", {})
        if kind == "AWS::StepFunctions::StateMachineAlias":
            version = given.get("DeploymentPreference", {}).get("StateMachineVersionArn")
            if version is None:
                [route] = given["RoutingConfiguration"]
                version = route["StateMachineVersionArn"]
            return f"{str(self.plain(version)).rpartition(':')[0]}:{given['Name']}"
        if kind == "AWS::StepFunctions::StateMachineVersion":
            return f"{self.plain(given['StateMachineArn'])}:1"
        if kind == "AWS::Lambda::Version":
            function = str(self.plain(given["FunctionName"])).rpartition(":")[2]
            return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}:1"
        form = _ARNS[kind].format(place=f"{REGION}:{ACCOUNT}", account=ACCOUNT, name=self.name(logical_id))
        return f"arn:aws:{form}"

    def _ref(self, logical_id: str) -> str:
        kind = self.resources.get(logical_id, {"Type": ""})["Type"]
        if kind == "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{self.name(logical_id)}"
        if kind in _REF_IS_ARN or kind.endswith(("Alias", "Version")):
            return self.arn(logical_id)
        return self.name(logical_id) if kind else logical_id
