"""Rules that span several keys, and warnings that stop nobody."""

from collections.abc import Iterator

from mmbatch_dash.domain.config.alert_rules import read_rules
from mmbatch_dash.domain.config.ckpt import LEAST_ADVISED_INTERVAL, CkptMode
from mmbatch_dash.domain.config.config import Config
from mmbatch_dash.domain.config.job import DISK_SIZES_GIB
from mmbatch_dash.domain.config.problems import Problem


def broken_rules(config: Config) -> list[Problem]:
    """What is wrong between keys that are each valid alone; empty when nothing is."""
    return [*_node(config), *_disk(config), *_certificate(config), *_cognito(config), *_alerts(config)]


def warnings(config: Config) -> list[Problem]:
    """What is legal but probably not meant; nothing is refused for it."""
    return list(_doubts(config))


def _node(config: Config) -> Iterator[Problem]:
    if config.node.ttl <= config.node.heartbeat:
        beat = config.node.heartbeat
        yield Problem("node.ttl", f"must be greater than node.heartbeat, which is {beat}, not {config.node.ttl}")


def _disk(config: Config) -> Iterator[Problem]:
    least, most = DISK_SIZES_GIB[config.job.disk_type]
    if not least <= config.job.disk_size_gb <= most:
        given = config.job.disk_size_gb
        yield Problem("job.diskSizeGB", f"must be {least} to {most} GiB for {config.job.disk_type}, not {given}")


def _certificate(config: Config) -> Iterator[Problem]:
    pair = {"security.certFile": config.security.cert_file, "security.keyFile": config.security.key_file}
    missing = [key for key, path in pair.items() if not path]
    if config.https:
        yield from (Problem(key, "must not be empty, because addr is https") for key in missing)
    elif len(missing) == 1:
        other = next(key for key in pair if key not in missing)
        yield Problem(missing[0], f"must not be empty, because {other} is set; they belong together")


def _cognito(config: Config) -> Iterator[Problem]:
    cognito = config.security.cognito
    needed = {"region": cognito.region, "userPoolID": cognito.user_pool_id, "clientID": cognito.client_id}
    if cognito.enabled:
        for name, value in needed.items():
            if not value:
                yield Problem(f"security.cognito.{name}", "must not be empty, because security.cognito.enabled is true")
    if "openid" not in cognito.scopes:
        yield Problem("security.cognito.scopes", "must hold openid, without which nobody can be known")
    if cognito.region and cognito.user_pool_id and not cognito.user_pool_id.startswith(f"{cognito.region}_"):
        yield Problem(
            "security.cognito.userPoolID",
            f"must be a pool of the region {cognito.region}, not '{cognito.user_pool_id}'",
        )


def _alerts(config: Config) -> Iterator[Problem]:
    yield from read_rules(config.alerts)[1]
    known = config.alerts.channels
    for key, named in (("alerts.tell", config.alerts.tell), ("alerts.digestTo", config.alerts.digest_to)):
        for channel in named:
            if channel not in known:
                yield Problem(key, f"names the channel {channel!r}, which alerts.channels does not have")
    for name, budget in config.budgets.items():
        if unknown := [channel for channel in budget.channels if channel not in known]:
            reason = f"{name!r} names the channel {unknown[0]!r}, which alerts.channels does not have"
            yield Problem("budgets", reason)
    for name, given in known.items():
        if [given.url, given.url_file, given.url_env].count(None) != 2:
            yield Problem("alerts.channels", f"{name!r} must have one of url, urlFile and urlEnv")


def _doubts(config: Config) -> Iterator[Problem]:
    interval, node = config.ckpt.interval, config.node
    if interval <= LEAST_ADVISED_INTERVAL and config.ckpt.mode is CkptMode.ITERATIVE:
        yield Problem(
            "ckpt.ckptInterval",
            f"is {interval}; EC2 gives {LEAST_ADVISED_INTERVAL} before a reclaim, so a longer interval is advised",
        )
    if node.heartbeat < node.ttl and node.ttl.nanoseconds < 2 * node.heartbeat.nanoseconds:
        yield Problem(
            "node.ttl",
            f"is {node.ttl}, under two heartbeats of {node.heartbeat}; one late heartbeat makes a node count as gone",
        )
