"""What EC2 and ECS answer: made answers of the documented shapes, and the recorded ones where they are at hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.reporter import names
from mmbatch_dash.reporter.instance import Imds, read_container
from tests.reporter.imds import MetadataService

CONTAINER = {
    "DockerId": "0123abcd",
    "Name": "default",
    "Limits": {"CPU": 2048, "Memory": 4096},
    "LogDriver": "awslogs",
    "LogOptions": {"awslogs-group": "/aws/batch/job", "awslogs-stream": "job/default/0123"},
}
FILE = {
    "Cluster": "AWSBatch-x",
    "ContainerInstanceARN": "arn:aws:ecs:us-east-1:111122223333:container-instance/x/0123",
    "ContainerID": "0123abcd",
    "MetadataFileStatus": "READY",
}


def read_tree(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {f"/{path.relative_to(folder)}": path.read_text() for path in files}


def test_the_recorded_service_tells_the_instance_and_its_notice(imds: MetadataService, shared_data: Path) -> None:
    tree = read_tree(shared_data / "imds" / "latest")
    imds.answers.clear()
    imds.answers.update(tree)
    reader = Imds({names.IMDS: imds.url})
    document = json.loads(tree["/dynamic/instance-identity/document"])
    facts = reader.read_instance().facts
    assert (facts["instance_id"], facts["instance_type"]) == (document["instanceId"], document["instanceType"])
    assert facts["purchase_option"] == tree["/meta-data/instance-life-cycle"]
    notice = json.loads(tree["/meta-data/spot/instance-action"])
    assert reader.read_notice() == ("interruption", notice["action"], notice["time"])


def test_every_recorded_variant_is_a_notice_or_none_and_never_an_error(
    imds: MetadataService, shared_data: Path
) -> None:
    for variant in json.loads((shared_data / "imds" / "variants.json").read_text()):
        path = variant["path"].removeprefix("/latest")
        imds.answers[path] = (variant["status"], variant["body"])
        reader = Imds({names.IMDS: imds.url})
        notice = reader.read_notice()
        whole = variant["status"] == 200 and _is_notice(variant["body"])
        assert (notice is not None) == whole, variant
        reader.read_instance()
        del imds.answers[path]


def _is_notice(body: str) -> bool:
    try:
        told = json.loads(body)
    except ValueError:
        return False
    return isinstance(told, dict) and (isinstance(told.get("action"), str) or isinstance(told.get("noticeTime"), str))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (json.dumps(CONTAINER), {"container_id": "0123abcd", "log_stream": "job/default/0123"}),
        (json.dumps({**CONTAINER, "LogOptions": None, "DockerId": 7}), {}),
        ((500, "internal"), {}),
        ("[]", {}),
        ("{", {}),
    ],
)
def test_the_container_as_ecs_tells_it(imds: MetadataService, answer: Any, expected: dict[str, str]) -> None:
    assert read_container({"ECS_CONTAINER_METADATA_URI_V4": ecs(imds, answer)}) == expected


def test_the_metadata_file_names_the_container_instance_once_it_is_ready(tmp_path: Path) -> None:
    file = tmp_path / "metadata.json"
    environment = {"ECS_CONTAINER_METADATA_FILE": str(file)}
    assert read_container(environment) == {}
    file.write_text(json.dumps({"Cluster": "AWSBatch-x", "ContainerID": "0123abcd"}))
    assert read_container(environment) == {"container_id": "0123abcd"}
    file.write_text(json.dumps(FILE))
    assert read_container(environment)["container_instance_arn"] == FILE["ContainerInstanceARN"]


def test_the_recorded_container_and_files_of_ecs_are_read(imds: MetadataService, shared_data: Path) -> None:
    folder = shared_data / "ecs_metadata"
    recorded = (folder / "v4_container.json").read_text()
    told = read_container({
        "ECS_CONTAINER_METADATA_URI_V4": ecs(imds, recorded),
        "ECS_CONTAINER_METADATA_FILE": str(folder / "metadata_file_ready.json"),
    })  # fmt: skip
    assert told == {
        "container_id": json.loads(recorded)["DockerId"],
        "log_stream": json.loads(recorded)["LogOptions"]["awslogs-stream"],
        "container_instance_arn": json.loads((folder / "metadata_file_ready.json").read_text())["ContainerInstanceARN"],
    }
    for other in folder.glob("*.json"):
        read_container({"ECS_CONTAINER_METADATA_URI_V4": ecs(imds, other.read_text())})


def ecs(imds: MetadataService, answer: Any) -> str:
    """Where an answer without a token is: ECS asks for none."""
    imds.answers["/v4/x"] = answer
    return f"{imds.url}/v4/x"
