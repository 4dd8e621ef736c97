"""What to write where, so that a worker node or AWS tells this server: each filled in with the server's address."""

import json
from dataclasses import dataclass
from pathlib import Path

TOKEN_PATH = "/run/secrets/mmbatch-token"  # noqa: S105 - a place, not a secret
CONNECTION = """arn=$(aws events create-connection --name mmbatch-dash --authorization-type API_KEY \\
  --auth-parameters 'ApiKeyAuthParameters={ApiKeyName=X-Api-Key,ApiKeyValue=TOKEN}' \\
  --query ConnectionArn --output text)
"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One place to write something.

    Attributes:
        anchor: its place in the page.
        title: which place.
        text: when it is the one to take.
        command: what to write there.
    """

    anchor: str
    title: str
    text: str
    command: str


def write_recipes(host_url: str, *, digest: str, token: str = "") -> list[Recipe]:
    """The recipes, for a server as its reader reached it.

    Args:
        host_url: with or without a slash at the end.
        digest: SHA-256 of the reporter this server hands out.
        token: a fresh one, written in wherever it belongs; never into an image.
    """
    host = host_url.rstrip("/")
    command = ["mmbatch-report", "run", "--", "your-command"]
    variables = {"MMBATCH_REPORT_SERVER": host}
    variables |= {"MMBATCH_REPORT_TOKEN": token} if token else {"MMBATCH_REPORT_TOKEN_FILE": TOKEN_PATH}
    # A login shell's history and a node's process list show arguments; a file of its owner's shows nothing.
    keep = f"(umask 077; mkdir -p {Path(TOKEN_PATH).parent}; printf %s '{token}' > {TOKEN_PATH})\n" if token else ""
    arn = '"$arn"' if token else "YOUR_CONNECTION_ARN"
    given = f"export MMBATCH_REPORT_TOKEN='{token}'\n" if token else ""
    environment = [json.dumps({"name": name, "value": value}) for name, value in variables.items()]
    return [
        Recipe(
            "try",
            "Try it here",
            "Installs the reporter on this machine and says what works from it.",
            f"{given}curl -fsS {host}/api/v1/scripts/install-reporter | sh && mmbatch-report doctor --server {host}",
        ),
        Recipe(
            "dockerfile",
            "Dockerfile",
            "The job's own image. The digest makes the build fail if what is fetched is something else. The token is "
            "no part of an image: the job definition brings it.",
            f"ADD --checksum=sha256:{digest} {host}/api/v1/reporter /usr/local/bin/mmbatch-report\n"
            "RUN chmod 755 /usr/local/bin/mmbatch-report\n"
            f"ENV MMBATCH_REPORT_SERVER={host} MMBATCH_REPORT_TOKEN_FILE={TOKEN_PATH}\n"
            'ENTRYPOINT ["mmbatch-report", "run", "--"]',
        ),
        Recipe(
            "job-definition",
            "Job definition",
            "Container properties of AWS Batch, where the image holds the reporter already. Whoever may describe job "
            "definitions reads the environment; a parameter of SSM under its secrets keeps the token apart.",
            f'"command": {json.dumps(command)},\n"environment": [\n  ' + ",\n  ".join(environment) + "\n]",
        ),
        Recipe(
            "launch-template",
            "Launch template",
            "User data of the instances: one agent a node, for heartbeats and reclaim notices.",
            "#!/bin/sh\n"
            f"{keep}"
            f"curl -fsS {host}/api/v1/scripts/install-reporter | TO=/usr/local/bin sh\n"
            f"export MMBATCH_REPORT_SERVER={host} MMBATCH_REPORT_TOKEN_FILE={TOKEN_PATH}\n"
            "nohup mmbatch-report agent >/dev/null 2>&1 &",
        ),
        Recipe(
            "nextflow",
            "Nextflow",
            "nextflow.config, where the container's entry point is the reporter.",
            "process.beforeScript = '''\n"
            f"  export MMBATCH_REPORT_SERVER={host} MMBATCH_REPORT_TOKEN_FILE={TOKEN_PATH}\n"
            "'''",
        ),
        Recipe(
            "eventbridge",
            "EventBridge",
            "No agent anywhere: an API destination of a rule for aws.batch, aws.ecs, aws.ec2. deploy/ has a template.",
            (CONNECTION.replace("TOKEN", token) if token else "")
            + "aws events create-api-destination --name mmbatch-dash --http-method POST \\\n"
            f"  --invocation-endpoint {host}/api/v1/events --connection-arn {arn}",
        ),
    ]
