"""The patches of functions' versions do what AWS does, and are still needed."""

import io
import zipfile
from collections.abc import Iterator

import pytest

from wild_rydes_saga.deployed.account import Account, local_account
from wild_rydes_saga.emulator import process as emulator

ROLE = "arn:aws:iam::000000000000:role/any"


@pytest.fixture(scope="module")
def plain() -> Iterator[Account]:
    with emulator.running(module="tests.support.local_cloud.unpatched_emulator") as running:
        yield local_account(running)


@pytest.fixture(scope="module")
def patched() -> Iterator[Account]:
    with emulator.running() as running:
        yield local_account(running)


def package(answer: str) -> bytes:
    """A function's code, the same bytes for the same answer."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py"), f"def handler(event, context):\n    return {answer!r}\n")
    return code.getvalue()


def versions_of_there_and_back(account: Account) -> list[str]:
    """Publishes new code, goes back to the old one and on to the new one, and publishes it once more."""
    client = account.client("lambda")
    options = {"Runtime": "python3.14", "Role": ROLE, "Handler": "index.handler"}
    client.create_function(FunctionName="versioned", Code={"ZipFile": package("old")}, **options)
    published = []
    for answer, publish in (("old", True), ("new", True), ("old", False), ("new", True)):
        client.update_function_code(FunctionName="versioned", ZipFile=package(answer))
        if publish:
            published.append(client.publish_version(FunctionName="versioned")["Version"])
    return published


def test_the_same_code_is_no_new_version_also_after_a_way_back(patched: Account) -> None:
    assert versions_of_there_and_back(patched) == ["1", "2", "2"]


def test_the_patch_of_versions_of_functions_is_still_needed(plain: Account) -> None:
    assert versions_of_there_and_back(plain) == ["1", "2", "3"]
