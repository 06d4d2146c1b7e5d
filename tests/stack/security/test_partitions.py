"""The template fits every partition of AWS: no ARN, service principal or endpoint is written for one of them."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from aws_cdk import region_info

pytestmark = pytest.mark.usefixtures("workshop")

REGIONS: Final = {"aws": "eu-west-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
DOMAIN: Final = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(?:\.[a-z]+)*")
ARN: Final = re.compile(r"arn:([^:]*):")
REGION: Final = re.compile(r"\b(?:af|ap|ca|cn|eu|il|me|mx|sa|us|us-gov)-(?:[a-z]+)-\d\b")

Place = tuple[tuple[str, ...], str]
"""A text of the template, behind the keys that lead to it."""


@pytest.fixture(params=REGIONS)
def partition(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["template", "production"])
def texts(request: pytest.FixtureRequest, partition: str) -> list[Place]:
    """The texts of a stage's template, as CloudFormation resolves them in the partition."""
    template = request.getfixturevalue(request.param).to_json()
    region = REGIONS[partition]
    pseudo = {
        "AWS::Partition": partition,
        "AWS::Region": region,
        "AWS::URLSuffix": region_info.RegionInfo.get(region).domain_suffix,
    }
    return [*places(resolved(template["Resources"], pseudo))]


def resolved(value: Any, pseudo: dict[str, Any]) -> Any:
    """A value with pseudo parameters put in, and texts joined; what only a deployment knows stands as JSON."""
    if isinstance(value, list):
        return [resolved(one, pseudo) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("Ref") in pseudo:
        return pseudo[value["Ref"]]
    parts = {name: resolved(one, pseudo) for name, one in value.items()}
    if "Fn::Join" in parts:
        separator, joined = parts["Fn::Join"]
        return str(separator).join(one if isinstance(one, str) else json.dumps(one) for one in joined)
    return parts


def places(value: Any, *path: str) -> Iterator[Place]:
    """Every text in a value."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from places(one, *path, name)
    elif isinstance(value, list):
        for one in value:
            yield from places(one, *path)


def principals(service: str, region: str) -> set[str]:
    """How the CDK's own list names a service in a region."""
    info = region_info.RegionInfo.get(region)
    found = {info.service_principal(f"{service}.amazonaws.com") or f"{service}.amazonaws.com"}
    regional = region_info.Default.service_principal(service, region, str(info.domain_suffix))
    # Its list gives each service one name. The one of the logs is the region's, and no other is accepted in a policy.
    return {regional} if service == "logs" else found


def test_every_arn_names_the_partition(texts: list[Place], partition: str) -> None:
    found = [(path, text, name) for path, text in texts for name in ARN.findall(text)]
    assert found
    assert [(path, text) for path, text, name in found if name != partition] == []


def names_a_service(path: tuple[str, ...], text: str) -> bool:
    """Whether a text is the principal of a policy or of a function's permission, and a service."""
    return "Principal" in path and DOMAIN.fullmatch(text) is not None


def test_every_service_principal_is_the_partitions(texts: list[Place], partition: str) -> None:
    region = REGIONS[partition]
    found = {text for path, text in texts if names_a_service(path, text)}
    services = {text: text.partition(f".{region}")[0].removesuffix(".amazonaws.com") for text in found}
    assert {"logs", "states", "lambda", "sns", "events"} <= {*services.values()}
    assert {text for text, service in services.items() if text not in principals(service, region)} == set()


def test_every_other_domain_ends_as_the_partitions(texts: list[Place], partition: str) -> None:
    suffix = str(region_info.RegionInfo.get(REGIONS[partition]).domain_suffix)
    found = {one for path, text in texts if not names_a_service(path, text) for one in DOMAIN.findall(text)}
    assert found
    assert {domain for domain in found if not domain.endswith(f".{suffix}")} == set()


def test_no_text_names_another_region(texts: list[Place], partition: str) -> None:
    found = {name for _, text in texts for name in REGION.findall(text)}
    assert found == {REGIONS[partition]}
