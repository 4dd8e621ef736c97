"""What the services are told by the configuration, in the words of the store."""

from collections.abc import Callable
from datetime import timedelta

from mmbatch_dash.domain.config import Config
from mmbatch_dash.store.fold import PricingSettings
from mmbatch_dash.store.node_files import FileLimits
from mmbatch_dash.store.queries.nodes import NodePatience

MEGABYTE = 1_000_000


def node_patience(config: Config) -> NodePatience:
    """How long a node may be silent, from the configuration."""
    return NodePatience(config.node.heartbeat.seconds, config.node.ttl.seconds)


def patience_of(config: Callable[[], Config]) -> Callable[[], NodePatience]:
    """Asks the configuration in force how long a node may be silent."""
    return lambda: node_patience(config())


def file_limits(config: Config) -> FileLimits:
    """How much of the nodes' logs is kept, from the configuration."""
    node = config.node
    return FileLimits(
        node.max_per_log_size_mb * MEGABYTE,
        node.max_node_log_total_mb * MEGABYTE,
        timedelta(seconds=node.max_log_age.seconds),
        timedelta(seconds=node.clean_log_interval.seconds),
    )


def pricing_settings(config: Config) -> PricingSettings:
    """The part of the configuration that figures depend on."""
    pricing = config.pricing
    return PricingSettings(
        region=pricing.region,
        assumed_spot_discount=pricing.assumed_spot_discount,
        free_first_hour=pricing.free_first_hour,
        purchase_options=dict(config.aws.purchase_options),
        attribution=pricing.attribution.value,
    )
