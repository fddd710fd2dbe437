"""The real template.yaml, built and deployed on the local cloud by the very tool that deploys it to AWS."""

import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3

from tools.emulator import ROOT, CloudError, alone, tail

STACK = "tradewind-local"
LOCK = ROOT / ".aws-sam/lock"  # one build at a time, and none while a deployment reads what was built
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
# What must not reach the SAM CLI: other credentials, the calling make's variables, a ban on caching its bytecode.
FOREIGN = ("AWS_", "MAKE", "MFLAGS", "PYTHONDONTWRITEBYTECODE")
# What a local shop has otherwise: it tells what its calls cost, and demos and benchmarks may ask as often as they like.
OFTEN = dict.fromkeys(
    ("RateAnonymous", "RateUser", "RateAdmin", "RateLogin", "RateRegister", "RatePasswordReset"), "1000000"
)
LOCAL = {"Stage": "local", "CountCalls": "true", "Tracing": "PassThrough", **OFTEN}
BEYOND_REPAIR = {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED"}


def client(endpoint: str, service: str) -> Any:
    """A boto3 client on a local cloud, as its administrator."""
    return boto3.Session("test", "test", region_name="us-east-1").client(service, endpoint_url=endpoint)  # type: ignore[call-overload]


def fingerprint() -> str:
    """One word for everything the deployed shop is made of."""
    digest = hashlib.sha256()
    for path in sorted(_inputs()):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def built(cloud: str) -> bool:
    """Whether the artifacts are those of the present sources."""
    stamp = _place(cloud) / "fingerprint"
    return stamp.exists() and stamp.read_text() == fingerprint()


def build(cloud: str) -> None:
    """Functions and layers into .aws-sam; what did not change is taken from the cache."""
    place = _place(cloud)
    with alone(LOCK):
        if built(cloud):
            return
        sources = fingerprint()
        done = _sam("build", "--build-dir", place / "build", "--cache-dir", place / "cache", **_layer(cloud))
        if done.returncode:
            raise CloudError(f"sam build failed:\n{_complaint(done)}")
        (place / "fingerprint").write_text(sources)


def deploy(endpoint: str, cloud: str, parameters: Mapping[str, str]) -> None:
    """Create the stack, or bring it up to date."""
    began = datetime.now(UTC)
    overrides = [f"{name}={value}" for name, value in {**LOCAL, **parameters}.items()]
    with alone(LOCK, shared=True):
        done = _sam(
            "deploy",
            "--template-file",
            _place(cloud) / "build/template.yaml",
            "--stack-name",
            STACK,
            "--parameter-overrides",
            *overrides,
            AWS_ENDPOINT_URL=endpoint,
            **KEYS,
        )
    if done.returncode:
        told = "\n".join(f"  {reason}" for reason in reasons(endpoint, began)) or _complaint(done)
        raise CloudError(f"sam deploy failed:\n{told}")


def status(endpoint: str) -> str:
    """The stack's, in CloudFormation's words; nothing when there is none."""
    return next((stack["StackStatus"] for stack in _stacks(endpoint) if stack["StackName"] == STACK), "")


def outputs(endpoint: str) -> dict[str, str]:
    """What the deployed stack says of itself."""
    stack = next(stack for stack in _stacks(endpoint) if stack["StackName"] == STACK)
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def reasons(endpoint: str, since: datetime) -> list[str]:
    """Why a deployment failed: what CloudFormation says of each resource that did, nested stacks too."""
    found: dict[str, None] = {}
    for stack in _stacks(endpoint):
        if stack["StackName"] == STACK or stack["StackName"].startswith(f"{STACK}-"):
            events = client(endpoint, "cloudformation").describe_stack_events(StackName=stack["StackName"])
            for event in reversed(events["StackEvents"]):
                reason = event.get("ResourceStatusReason", "")
                failed = event["ResourceStatus"].endswith("FAILED") and "cancelled" not in reason
                if failed and reason and event["Timestamp"] >= since:
                    found[f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}"] = None
    return list(found)


def _stacks(endpoint: str) -> Iterable[dict[str, Any]]:
    stacks: list[dict[str, Any]] = client(endpoint, "cloudformation").describe_stacks()["Stacks"]
    return stacks


def _inputs() -> Iterator[Path]:
    yield from (ROOT / "template.yaml", ROOT / "samconfig.toml")
    for folder in ("functions", "infra", "layers"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _place(cloud: str) -> Path:
    """Artifacts of one kind of cloud and one interpreter are kept apart from all others."""
    return ROOT / ".aws-sam" / f"{cloud}-{sys.version_info.major}.{sys.version_info.minor}"


def _layer(cloud: str) -> dict[str, str]:
    """For whom the vendor layer is made: this interpreter, or the one inside LocalStack's containers."""
    if cloud == "ministack":
        return {"LAYER_PYTHON": sys.executable, "LAYER_PLATFORM": ""}
    machine = {"arm64": "aarch64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
    return {"LAYER_PYTHON": "3.13", "LAYER_PLATFORM": f"{machine}-manylinux_2_28"}


def _sam(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return subprocess.run(
        [ROOT / ".venv-sam/bin/sam", *arguments, "--config-file", ROOT / "samconfig.toml", "--config-env", "local"],
        cwd=ROOT,
        env={
            "UV": str(ROOT / ".venv-uv/bin/uv"),
            **ours,
            "NO_PROXY": "127.0.0.1,localhost",
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "1",
            **environment,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def _complaint(done: subprocess.CompletedProcess[str]) -> str:
    """What it says after its last "Error:", or else the end of what it said."""
    told = done.stdout + done.stderr
    _, error, rest = told.rpartition("Error:")
    return rest.partition("Traceback")[0].strip() if error else tail(told)
