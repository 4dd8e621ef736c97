"""mmbatch_dash: a management server for checkpointed AWS Batch work."""

__version__ = "0.2.0"
