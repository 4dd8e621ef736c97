"""The columns that formulas are made of: what people call them, and why they may be unknown."""

from mmbatch_dash.domain.figures.formula import Column

VCPUS = Column("vcpus", "vcpus", "the vCPUs it asked for are not known")
SUBMITTED_AT = Column("submitted_at", "submitted_at", "the time of its submission is not known")
STARTED_AT = Column("started_at", "started_at")
COMPLETED_AT = Column("completed_at", "completed_at")

# Of an attempt; explanations.unknown looks at it to say why.
RUN_SECONDS = Column("run_seconds", "run time")
PAID_RATE = Column("usd_per_hour", "paid rate")
REGULAR_RATE = Column("regular_usd_per_hour", "paid rate")
ON_DEMAND_RATE = Column("on_demand_usd_per_hour", "on-demand rate")
CARRIED_SECONDS = Column("carried_seconds", "work carried")
SPOT_CARRIED_SECONDS = Column("spot_carried_seconds", "work carried over a reclaim")
PURCHASE_OPTION = Column("purchase_option", "purchase option")
IS_LOST = Column("is_lost", "lost")
WAITED_SECONDS = Column("waited_seconds", "wait before it")
RESTORE_SECONDS = Column("restore_seconds", "restore")

# Of a checkpoint or a restore.
DURATION_SECONDS = Column(
    "duration_seconds", "duration", "a checkpoint or a restore has neither a duration nor a start"
)

PRICES = (PAID_RATE.name, REGULAR_RATE.name, ON_DEMAND_RATE.name)
"""Columns that change when a price does; the figures made of them are found again then."""
