"""The command line of the reporter."""

import argparse
import json
import os
import sys
from typing import Any, Dict, List, Mapping, Optional, Sequence

from mmbatch_dash import __version__
from mmbatch_dash.reporter import names
from mmbatch_dash.reporter.server import Server
from mmbatch_dash.reporter.spool import REFUSED, Spool, find_spool
from mmbatch_dash.reporter.who import Job, find_job


def main(arguments: Sequence[str]) -> int:
    """Runs one command; its exit code. `run` does not come back: it ends as the job ends."""
    parsed = _parser().parse_args(list(arguments))
    return int(parsed.function(parsed, dict(os.environ)) or 0)


def _run(parsed: argparse.Namespace, environment: Dict[str, str]) -> int:
    from mmbatch_dash.reporter.child import run_unreported
    from mmbatch_dash.reporter.run import run
    from mmbatch_dash.reporter.wrapper import RunOptions

    command = parsed.command[1:] if parsed.command[:1] == ["--"] else parsed.command
    if not command:
        sys.stderr.write("mmbatch-report: which command? write it after --\n")
        return 2
    job = find_job(environment, parsed.job_id, parsed.attempt, parsed.queue)
    if job is None:
        sys.stderr.write(
            "mmbatch-report: no job is named (AWS_BATCH_JOB_ID or --job-id); the command runs unreported\n"
        )
        run_unreported(command)
    options = RunOptions(
        parsed.server,
        parsed.token_file,
        parsed.interval,
        parsed.checkpoint_cmd,
        parsed.checkpoint_path,
        parsed.restore_cmd,
        parsed.watch,
        _fields(parsed.set),
    )
    return run(command, job, options, environment)


def _agent(parsed: argparse.Namespace, environment: Dict[str, str]) -> int:
    from mmbatch_dash.reporter.agent import Agent

    server = _server(parsed, environment)
    facts = _fields(parsed.set)
    logs = parsed.logs or []
    return Agent(environment, server, parsed.node_id, parsed.queue, parsed.config_file, facts, logs).run()


def _logs(parsed: argparse.Namespace, environment: Dict[str, str]) -> int:
    from mmbatch_dash.reporter.instance import Imds
    from mmbatch_dash.reporter.logs import most_bytes, send_file
    from mmbatch_dash.reporter.who import host_name

    server, job = _server(parsed, environment), _job(parsed, environment)
    if server is None:
        sys.stderr.write(f"mmbatch-report: no server is named: set {names.SERVER} or give --server\n")
        return 1
    node_id = parsed.node_id or Imds(environment).read_instance().instance_id or host_name()
    config = server.get_config(node_id, parsed.queue).json()
    most = most_bytes(config if isinstance(config, dict) else {})
    failed = 0
    for path in parsed.files:
        name = f"jobs/{job.job_id}/{os.path.basename(path)}" if job else os.path.abspath(path)
        try:
            answer = send_file(server, node_id, name, path, most)
            why = "" if answer.status == 200 else f"the server answered {answer.status or answer.text}"
        except OSError as error:
            why = error.strerror or str(error)
        if why:
            sys.stderr.write(f"mmbatch-report: {path} was not handed in: {why}\n")
            failed += 1
    return 1 if failed else 0


def _checkpoint(parsed: argparse.Namespace, environment: Dict[str, str]) -> int:
    from mmbatch_dash.reporter import client

    fields: Dict[str, Any] = {"checkpoint_id": parsed.id, "taken_at": parsed.taken_at, "error": parsed.error}
    fields["duration_seconds"] = parsed.duration
    whom = {"environment": environment, **_to(parsed, environment)}
    if parsed.outcome == "succeeded":
        from mmbatch_dash.reporter.events import stamp

        fields["taken_at"] = fields["taken_at"] or stamp()
        return _told(client.finish_checkpoint(fields, parsed.path, **whom))
    return _told(client.tell("checkpoint." + parsed.outcome, fields, **whom))


def _restore(parsed: argparse.Namespace, environment: Dict[str, str]) -> int:
    from mmbatch_dash.reporter import client
    from mmbatch_dash.reporter.engine import checkpoint_names

    job = _job(parsed, environment)
    fields: Dict[str, Any] = checkpoint_names(parsed.path, job.job_id) if parsed.path and job else {}
    if parsed.id:
        fields["checkpoint_id"] = parsed.id
    fields.update(duration_seconds=parsed.duration, error=parsed.error)
    return _told(client.tell("restore." + parsed.outcome, fields, environment=environment, **_to(parsed, environment)))


def _event(parsed: argparse.Namespace, environment: Dict[str, str]) -> int:
    from mmbatch_dash.reporter import client

    kind = parsed.type[len("mmbatch.") :] if parsed.type.startswith("mmbatch.") else parsed.type
    return _told(client.tell(kind, _fields(parsed.fields), environment=environment, **_to(parsed, environment)))


def _doctor(parsed: argparse.Namespace, environment: Dict[str, str]) -> int:
    from mmbatch_dash.reporter.doctor import examine

    findings = examine(environment, parsed.server, parsed.token_file, parsed.queue)
    for well, words in findings:
        sys.stdout.write("{}  {}\n".format("ok  " if well else "BAD ", words))
    return 0 if all(well for well, _ in findings) else 1


def _spool(parsed: argparse.Namespace, environment: Dict[str, str]) -> int:
    from mmbatch_dash.reporter.diagnosis import hand_in, owed_logs
    from mmbatch_dash.reporter.sender import Sender

    spool = Spool(find_spool(environment), "spool")
    if parsed.send:
        sender = Sender(spool, _server(parsed, environment))
        while spool.count() and sender.send_once():
            pass
        left = [log for log in owed_logs(spool.root) if not hand_in(_server(parsed, environment), log)]
        if left:
            sys.stderr.write(f"mmbatch-report: {len(left)} log files could not be handed in\n")
        if spool.count():
            last = sender.last
            why = "no server is named" if last is None else f"it answered {last.status or last.text}"
            sys.stderr.write(f"mmbatch-report: {spool.count()} events could not be sent: {why}\n")
            return 1
        if left:
            return 1
    for waiting in spool.waiting(100):
        told = waiting.event or {}
        sys.stdout.write("{} {} {}\n".format(told.get("time"), told.get("type"), told.get("subject", "")))
    sys.stdout.write(f"{spool.count()} events wait in {spool.root}\n")
    if owed := owed_logs(spool.root):
        sys.stdout.write(f"{len(owed)} log files wait in {spool.root / 'logs'}\n")
    if spool.refused():
        sys.stdout.write(f"{spool.refused()} more were refused by a server, and lie in {spool.root / REFUSED}\n")
    return 0


def _job(parsed: argparse.Namespace, environment: Mapping[str, str]) -> Optional[Job]:
    return find_job(environment, parsed.job_id, parsed.attempt, parsed.queue)


def _to(parsed: argparse.Namespace, environment: Mapping[str, str]) -> Dict[str, Any]:
    """Whom to tell of whom: what a script says on its command line comes before what is around it."""
    return {"job": _job(parsed, environment), "server": _server(parsed, environment) if parsed.server else None}


def _server(parsed: argparse.Namespace, environment: Mapping[str, str]) -> Optional[Server]:
    url = parsed.server or environment.get(names.SERVER)
    return Server(url, names.read_token(environment, parsed.token_file)) if url else None


def _told(kept: bool) -> int:
    if not kept:
        sys.stderr.write("mmbatch-report: the event could be neither kept nor sent\n")
    return 0  # a script under `set -e` goes on whatever becomes of our event


def _fields(pairs: Optional[List[str]]) -> Dict[str, Any]:
    fields: Dict[str, Any] = {}
    for pair in pairs or []:
        name, _, text = pair.partition("=")
        try:
            fields[name] = json.loads(text)
        except ValueError:
            fields[name] = text
    return fields


def _seconds(text: str) -> float:
    seconds = names.read_duration(text)
    if seconds is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration above 0 such as 15m, 90s or 1h30m")
    return seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mmbatch-report",
        description="Tells an mmbatch_dash server what jobs and nodes do, from any checkpoint engine.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--server", help=f"address of the server; else {names.SERVER}")
    common.add_argument("--token-file", help=f"file that holds the token; else {names.TOKEN_FILE}, or {names.TOKEN}")
    common.add_argument("--queue", help="the queue; else AWS_BATCH_JQ_NAME")
    of_job = argparse.ArgumentParser(add_help=False)
    of_job.add_argument("--job-id", help="the job; else AWS_BATCH_JOB_ID")
    of_job.add_argument(
        "--attempt", type=int, help="which attempt; else AWS_BATCH_JOB_ATTEMPT, else one more than the last"
    )
    commands = parser.add_subparsers(dest="name", metavar="COMMAND")
    commands.required = True

    run = commands.add_parser("run", parents=[common, of_job], help="run a job's command and report on it")
    run.add_argument("--interval", type=_seconds, help="from one checkpoint to the next, over every other setting")
    run.add_argument("--checkpoint-cmd", help="makes a checkpoint: at every interval and at once on a reclaim notice")
    run.add_argument("--checkpoint-path", help="where the checkpoint lies, on storage that outlives the instance")
    run.add_argument("--restore-cmd", help="run before the command if there is a checkpoint")
    run.add_argument("--watch", metavar="GLOB", help="files that the job writes as checkpoints by itself")
    run.add_argument(
        "--set", action="append", metavar="KEY=VALUE", help="a further field of job.started, such as vcpus=8"
    )
    run.add_argument("command", nargs=argparse.REMAINDER, metavar="-- CMD …")
    run.set_defaults(function=_run)

    agent = commands.add_parser("agent", parents=[common], help="report on this node until SIGTERM")
    agent.add_argument("--node-id", help="the node; else its instance id, else its host name")
    agent.add_argument("--config-file", help=f"where jobs read the configuration; else {names.CONFIG}")
    agent.add_argument("--set", action="append", metavar="KEY=VALUE", help="a further field of node.registered")
    agent.add_argument(
        "--logs", action="append", metavar="GLOB", help=f"log files to hand in as they change; also {names.LOGS}"
    )
    agent.set_defaults(function=_agent)

    logs = commands.add_parser("logs", parents=[common, of_job], help="hand in log files of a job, or of this node")
    logs.add_argument("--node-id", help="the node; else its instance id, else its host name")
    logs.add_argument("files", nargs="+", metavar="FILE")
    logs.set_defaults(function=_logs)

    for name, function in (("checkpoint", _checkpoint), ("restore", _restore)):
        one = commands.add_parser(name, parents=[common, of_job], help=f"tell of a {name}, from a script")
        one.add_argument("outcome", choices=("started", "succeeded", "failed"))
        one.add_argument("--id", help="names the checkpoint")
        one.add_argument("--path", help="where it lies; its size and name are taken from there")
        one.add_argument("--duration", type=_seconds, help="how long it took, such as 90s")
        one.add_argument("--error", help="why it failed")
        if name == "checkpoint":
            one.add_argument("--taken-at", help="the moment whose state it holds, as 2026-03-01T12:00:00Z")
        one.set_defaults(function=function)

    event = commands.add_parser("event", parents=[common, of_job], help="tell any event")
    event.add_argument("type", help="such as job.usage")
    event.add_argument("fields", nargs="*", metavar="KEY=VALUE")
    event.set_defaults(function=_event)

    doctor = commands.add_parser("doctor", parents=[common], help="say what works from here and what does not")
    doctor.set_defaults(function=_doctor)
    spool = commands.add_parser("spool", parents=[common], help="list what waits to be sent")
    spool.add_argument("--send", action="store_true", help="send it now")
    spool.set_defaults(function=_spool)
    return parser
