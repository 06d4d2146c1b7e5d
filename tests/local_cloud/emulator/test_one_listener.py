"""Only the guarded port listens, with any resource created or run, and no container is started."""

import contextlib
import io
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.local_cloud.listening import listening, loopback, on_linux_alone
from wild_rydes_saga.deployed.account import local_account
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator.process import Emulator

ROLE = "arn:aws:iam::000000000000:role/any"
PASSWORD = {"MasterUsername": "owner", "MasterUserPassword": "only-for-this-test"}
BOOTSTRAP = """#!/bin/sh
exec sleep 60
"""
Client = Callable[[str], Any]


def run_container(client: Client) -> None:
    ecs = client("ecs")
    ecs.create_cluster(clusterName="g")
    container = {"name": "h", "image": "nginx", "memory": 64, "portMappings": [{"containerPort": 80, "hostPort": 8080}]}
    ecs.register_task_definition(family="i", containerDefinitions=[container])
    ecs.run_task(cluster="g", taskDefinition="i")


OPENING: dict[str, Callable[[Client], object]] = {
    "a database": lambda client: client("rds").create_db_instance(
        DBInstanceIdentifier="a", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=5, **PASSWORD
    ),
    "a database cluster": lambda client: client("rds").create_db_cluster(
        DBClusterIdentifier="b", Engine="aurora-postgresql", **PASSWORD
    ),
    "a distributed database": lambda client: client("dsql").create_cluster(),
    "a document database": lambda client: client("docdb").create_db_cluster(
        DBClusterIdentifier="c", Engine="docdb", **PASSWORD
    ),
    "a cache": lambda client: client("elasticache").create_cache_cluster(
        CacheClusterId="d", Engine="redis", CacheNodeType="cache.t3.micro", NumCacheNodes=1
    ),
    "an SFTP server": lambda client: client("transfer").create_server(),
    "an IoT device": lambda client: client("iot").create_keys_and_certificate(setAsActive=True),
    "an instance": lambda client: client("ec2").run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1),
    "a search domain": lambda client: client("opensearch").create_domain(DomainName="domain"),
    "a load balancer": lambda client: client("elbv2").create_load_balancer(Name="e", Subnets=["subnet-1", "subnet-2"]),
    "a Kubernetes cluster": lambda client: client("eks").create_cluster(
        name="f", roleArn=ROLE, resourcesVpcConfig={"subnetIds": ["subnet-1"]}
    ),
    "a container": run_container,
}
"""Resources that listen on AWS, or would start a container here that listens."""


def create(cloud: Emulator, what: str) -> None:
    """Creates a resource; a refusal is fine too."""
    account = local_account(cloud)
    with contextlib.suppress(ClientError):
        OPENING[what](account.client)


@on_linux_alone
@pytest.mark.parametrize("what", OPENING)
def test_no_created_resource_opens_a_second_port(running: Emulator, what: str) -> None:
    create(running, what)
    assert listening(running.pid) == {loopback(running.port)}


def invoke_own_runtime(cloud: Emulator) -> str:
    """Creates a function that brings its own runtime, and calls it; returns the answer."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, BOOTSTRAP)
    client = local_account(cloud).client("lambda")
    client.create_function(
        FunctionName="own-runtime",
        Runtime="provided.al2023",
        Role=ROLE,
        Handler="any",
        Timeout=5,
        Code={"ZipFile": code.getvalue()},
    )
    return str(client.invoke(FunctionName="own-runtime")["Payload"].read().decode())


@on_linux_alone
def test_a_function_with_its_own_runtime_opens_no_second_port(running: Emulator) -> None:
    """The unpatched emulator serves such a function on a port without a key. The answer says why ours does not."""
    answer = invoke_own_runtime(running)
    assert listening(running.pid) == {loopback(running.port)}
    assert f"127.0.0.1:{running.port} alone" in answer


def test_no_container_is_started_where_there_is_a_docker(tmp_path: Path) -> None:
    """Containers publish ports on every interface. Nothing connects to the Docker in the settings."""
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as docker:
        docker.bind(str(path))
        docker.listen()
        docker.settimeout(1)
        settings = {"LAMBDA_EXECUTOR": "docker", "DOCKER_HOST": f"unix://{path}"}
        with emulator.running(settings=settings) as cloud:
            for what in ("a database", "a cache", "a container", "an instance", "a search domain"):
                create(cloud, what)
            with pytest.raises(TimeoutError):
                docker.accept()
