"""The append-only journal: what was accepted, in the order of acceptance, before anything is derived from it."""

from mmbatch_dash.store.journal.journal import AppendResult, Journal

__all__ = ["AppendResult", "Journal"]
