"""Section `aws`: what AWS is asked for, and what is told where AWS does not say."""

from typing import Annotated

from pydantic import StrictStr

from mmbatch_dash.domain.choices import PurchaseOption
from mmbatch_dash.domain.config.controls import Control, Kind, rule
from mmbatch_dash.domain.config.fields import Section, setting
from mmbatch_dash.domain.config.forms import REGION, matches
from mmbatch_dash.domain.config.types import Age

ACCOUNT = rf"(arn:aws[a-z-]*:iam::\d{{12}}:role/[\w+=,./-]+|[\w+.-]+)(@{REGION})?"

Accounts = Annotated[
    tuple[
        Annotated[
            StrictStr,
            rule(matches(ACCOUNT), "must be a list of profile names or role ARNs, each with @region where needed"),
        ],
        ...,
    ],
    Control(Kind.LIST, "profile names or role ARNs, each with @region where needed"),
]
EventQueues = Annotated[
    tuple[Annotated[StrictStr, rule(matches(r"https?://\S+/\d{12}/[\w.-]+"), "must be a list of SQS queue URLs")], ...],
    Control(Kind.LIST, "SQS queue URLs"),
]
PurchaseOptions = Annotated[
    dict[StrictStr, PurchaseOption],
    Control(Kind.MAP, "queue or compute environment: spot or on-demand"),
]


class Aws(Section):
    """AWS as a source."""

    purchase_options: PurchaseOptions = setting(
        "purchaseOptions",
        {},
        "Says of a queue or compute environment how its instances are bought, where no event does.",
        ours=True,
    )
    accounts: Accounts = setting(
        "accounts", [], "Accounts to synchronise with, as profile names or role ARNs, each with @region.", ours=True
    )
    sync_every: Age = setting(
        "syncEvery", "0s", "How often the server asks AWS for jobs, instances and prices; 0s leaves it off.", ours=True
    )
    event_queues: EventQueues = setting(
        "eventQueues", [], "SQS queues that EventBridge fills and the synchronisation empties.", ours=True
    )
