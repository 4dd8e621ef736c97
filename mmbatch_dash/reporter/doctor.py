"""`doctor`: says in sentences what works and what does not, from this very place."""

from typing import Callable, List, Mapping, Optional, Tuple

from mmbatch_dash.reporter import names
from mmbatch_dash.reporter.instance import Imds, read_container
from mmbatch_dash.reporter.refused import FIELDS_FILE, fields_refused
from mmbatch_dash.reporter.server import Server
from mmbatch_dash.reporter.spool import REFUSED, Spool, find_spool
from mmbatch_dash.reporter.who import find_job, host_name

Finding = Tuple[bool, str]
CLOCK_TROUBLE_SECONDS = 300.0
NO_METADATA = (
    "The instance metadata service does not answer: neither the instance nor its reclaim notice is known. In a "
    f"container the hop limit of the instance must be 2; off EC2 set {names.IMDS}=off."
)


def examine(
    environment: Mapping[str, str], url: Optional[str], token_file: Optional[str], queue: Optional[str]
) -> List[Finding]:
    """Findings in the order to read them; the first of each is whether it is well."""
    url = url or environment.get(names.SERVER)
    token = names.read_token(environment, token_file)
    findings: List[Finding] = []
    if not url:
        findings.append((False, f"No server is named: set {names.SERVER} or give --server."))
    else:
        server = Server(url, token)
        steps: List[Callable[[], List[Finding]]] = [
            lambda: _reach(server), lambda: _rights(server, token, queue),
        ]  # fmt: skip
        for step in steps:
            found = step()
            findings += found
            if not found or not found[0][0]:
                break
    told_file = token_file or environment.get(names.TOKEN_FILE)
    if told_file and not token:
        findings.append((False, f"The token file {told_file} cannot be read or is empty."))
    return findings + _place(environment)


def _reach(server: Server) -> List[Finding]:
    answer = server.ask("GET", "/healthz")
    if answer.status == 0:
        return [(False, f"The server at {server.url} does not answer: {answer.text}.")]
    if answer.status != 200:
        return [
            (
                False,
                f"At {server.url} something answers /healthz with {answer.status}; is it the management server?",
            )
        ]
    findings: List[Finding] = [(True, f"The server at {server.url} answers.")]
    ahead = answer.clock_ahead_seconds
    if ahead is not None:
        side = "ahead of" if ahead >= 0 else "behind"
        words = f"This clock is {abs(ahead):.0f} s {side} the server's."
        bad = abs(ahead) > CLOCK_TROUBLE_SECONDS
        findings.append((not bad, words + (" More than 5 minutes make figures unknown: set the clock." if bad else "")))
    return findings


def _rights(server: Server, token: Optional[str], queue: Optional[str]) -> List[Finding]:
    findings: List[Finding] = []
    sent = server.ask("POST", "/api/v1/events", b"[]", {"Content-Type": "application/cloudevents-batch+json"})
    config = server.get_config(host_name(), queue)
    for right, answer, what in (("ingest", sent, "send events"), ("node", config, "read the configuration")):
        if answer.status in (200, 207, 304):
            findings.append((True, f"It may {what}."))
        elif answer.status == 401:
            why = "the token is not known there" if token else f"no token was given: set {names.TOKEN_FILE}"
            findings.append((False, f"It may not {what}: {why}."))
        elif answer.status == 403:
            findings.append((False, f"It may not {what}: the token lacks the right `{right}`."))
        else:
            findings.append((False, f"To {what} was answered with {answer.status or answer.text}."))
    return findings


def _place(environment: Mapping[str, str]) -> List[Finding]:
    findings: List[Finding] = []
    imds = Imds(environment)
    if imds.address is None:
        findings.append((True, "The instance metadata service is switched off; notices are not seen."))
    else:
        facts = imds.read_instance().facts
        if facts:
            told = ", ".join(
                str(facts[name]) for name in ("instance_id", "instance_type", "availability_zone") if name in facts
            )
            findings.append(
                (True, "This is {} ({}).".format(told, facts.get("purchase_option", "how it is bought is unknown")))
            )
        else:
            findings.append((False, NO_METADATA))
    container = read_container(environment)
    if container.get("container_id"):
        findings.append((True, "The container is {}.".format(container["container_id"][:12])))
    job = find_job(environment)
    if job:
        findings.append((True, "The job is {}, attempt {}.".format(job.job_id, job.attempt or "not told")))
    else:
        findings.append((True, "No job is named here; `run` needs AWS_BATCH_JOB_ID or --job-id."))
    spool = Spool(find_spool(environment), "doctor")
    try:
        spool.root.mkdir(parents=True, exist_ok=True)
        probe = spool.root / ".probe"
        probe.write_text("")
        probe.unlink()
        findings.append((True, f"{spool.count()} events wait in {spool.root}."))
        if set_aside := spool.refused():
            findings.append((False, f"{set_aside} events were refused by a server, and lie in {spool.root / REFUSED}."))
        if lines := fields_refused(spool.root):
            latest = f"Fields were refused, the latest: {lines[-1]}"
            findings.append((False, f"{latest} ({spool.root / FIELDS_FILE} has all; remove it once it is mended)."))
    except OSError as error:
        findings.append((False, f"The spool {spool.root} cannot be written: {error.strerror or error}."))
    return findings
