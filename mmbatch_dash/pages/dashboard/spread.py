"""Money and hours over time, by whichever time: that of their jobs, or that at which they were incurred."""

from mmbatch_dash.services.reports import Dashboard, Incurred

Spread = Dashboard | Incurred
"""What both have: `bucket_unit`, `buckets` and `queue_buckets`; the sums are those of the summary."""
