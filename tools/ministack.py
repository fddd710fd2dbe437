"""The small cloud on your desk, taught the thirteen habits of the real one that our shop depends on.

`tools.emulator` runs it with the interpreter of `.venv-cloud`: `python -m tools.ministack <directory> [--tied]`, the
directory being only its name tag. The repairs were written for the one release named here; any other runs as it comes.
"""

import os
import sys
import tempfile
import threading
import zipfile
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tools import batches, watched
from tools.emulator import end_with

TESTED = "1.5.33"

runtime: Any = import_module("ministack.core.lambda_runtime")
lambdas: Any = import_module("ministack.services.lambda_svc")
gateway: Any = import_module("ministack.services.apigateway_v1")
provisioners: Any = import_module("ministack.services.cloudformation.provisioners")
cloudformation: Any = import_module("ministack.services.cloudformation")


def keep_exceptions() -> None:
    """An exception keeps its class name, so that Step Functions can retry `Transient`, and does not end its worker."""
    told = '{"status": "error", "error": str(e), "trace": traceback.format_exc()}'
    ours = '{"status": "ok", "result": {"__raised__": [type(e).__name__, str(e), traceback.format_exc()]}}'
    if told not in runtime._PYTHON_WORKER_SCRIPT:
        raise RuntimeError("the emulator's worker is not the one this repair was written for")
    runtime._PYTHON_WORKER_SCRIPT = runtime._PYTHON_WORKER_SCRIPT.replace(told, ours)
    execute = lambdas._execute_function_warm

    def execute_and_name(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = execute(function, event, request_id)
        body = answer.get("body")
        if not (isinstance(body, dict) and "__raised__" in body):
            return answer
        name, message, trace = body["__raised__"]
        return {
            "body": {"errorMessage": message, "errorType": name, "stackTrace": trace.splitlines()},
            "error": True,
            "log": "\n".join(filter(None, [answer.get("log"), trace])),
        }

    lambdas._execute_function_warm = execute_and_name


def unpack_layers_once(shelf: Path) -> None:
    """A layer is unpacked once and shared, not copied into each worker: a cold start takes half the time."""
    archives: Any = zipfile.ZipFile
    unpack, turn = archives.extractall, threading.Lock()

    def unpack_or_link(archive: zipfile.ZipFile, path: str | None = None, *rest: Any) -> None:
        target = Path(path or ".")
        if not target.name.startswith("layer_"):
            unpack(archive, path, *rest)
            return
        shared = shelf / f"{hash(tuple((entry.filename, entry.CRC) for entry in archive.infolist())):x}"
        with turn:
            if not shared.exists():
                unpack(archive, shared.with_suffix(".part"))
                shared.with_suffix(".part").rename(shared)
        target.rmdir()
        target.symlink_to(shared)

    archives.extractall = unpack_or_link


def read_gateway_responses() -> None:
    """The API description's own answers (no such route, not signed in, forbidden) are taken in with its routes."""
    take_in = gateway._import_rest_api

    def take_in_with_answers(description: dict[str, Any], *rest: Any) -> str:
        api_id: str = take_in(description, *rest)
        for kind, answer in description.get("x-amazon-apigateway-gateway-responses", {}).items():
            gateway._put_gateway_response(api_id, kind, answer)
        return api_id

    gateway._import_rest_api = take_in_with_answers


def remember_attributes() -> None:
    """A nested stack that changes still knows the ARNs of those of its resources that did not."""
    update = provisioners._update_resource

    def update_knowing(  # the signature of the function it wraps
        kind: str, physical: str, old: Any, new: Any, stack: str, logical: str | None = None, known: Any = None
    ) -> Any:
        recorded = cloudformation._stacks.get(stack, {}).get("_resources", {}).get(logical, {})
        return update(kind, physical, old, new, stack, logical, known or recorded.get("Attributes"))

    provisioners._update_resource = update_knowing


def expand_nested_loops() -> None:
    """A nested stack's template is transformed (its loops are written out) as the stack above it is."""
    engine: Any = import_module("ministack.services.cloudformation.engine")
    deploy, parse, nesting = provisioners._cfn_nested_stack_deploy, engine._parse_template, threading.local()

    def deploy_nested(logical: str, properties: dict[str, Any], *rest: Any, **named: Any) -> Any:
        nesting.parameters = [
            {"Key": name, "Value": str(value)} for name, value in (properties.get("Parameters") or {}).items()
        ]
        return deploy(logical, properties, *rest, **named)

    def parse_and_expand(body: str) -> Any:
        template, parameters = parse(body), nesting.__dict__.pop("parameters", None)
        return template if parameters is None else engine._apply_transforms(template, parameters)

    provisioners._cfn_nested_stack_deploy, engine._parse_template = deploy_nested, parse_and_expand


def allow_batches() -> None:
    """Who may send, change or delete a message may do so with ten at once: a batch of SQS is no action of its own."""
    actions: Any = import_module("ministack.core.iam_actions")
    extract = actions.extract_iam_action

    def extract_single(service: str, *rest: Any, **named: Any) -> Any:
        action = extract(service, *rest, **named)
        return action.removesuffix("Batch") if service == "sqs" and action else action

    actions.extract_iam_action = extract_single


def know_queues_by_arn() -> None:
    """What is asked of a queue by its ARN (moving dead letters) is allowed to whoever may do it to that queue."""
    actions: Any = import_module("ministack.core.iam_actions")
    extract = actions.extract_resource_arn

    def extract_source(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> str:
        named: str = extract(service, method, path, headers, body, *rest)
        if service != "sqs" or named != "*":
            return named
        return str(actions._safe_json_field(body, "SourceArn") or named)

    actions.extract_resource_arn = extract_source


def main() -> None:
    """Mend, then serve."""
    if "--tied" in sys.argv:
        threading.Thread(target=end_with, args=[os.getppid()], daemon=True).start()
    del sys.argv[1:]
    if version("ministack") == TESTED:
        keep_exceptions()
        unpack_layers_once(Path(tempfile.mkdtemp(prefix="layers-")))
        read_gateway_responses()
        remember_attributes()
        expand_nested_loops()
        allow_batches()
        know_queues_by_arn()
        batches.wait_for_windows()
        batches.fill_batches()
        watched.write_down_events()
        watched.take_figures_out_of_logs()
        watched.time_runs()
    else:
        print(f"ministack {version('ministack')} runs as it comes: the repairs are for {TESTED}", flush=True)
    import_module("ministack.app").main()


if __name__ == "__main__":
    main()
