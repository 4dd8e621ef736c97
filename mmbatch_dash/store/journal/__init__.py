"""The append-only journal: what was accepted, in the order of acceptance, before anything is derived from it."""

from mmbatch_dash.store.journal.file_journal import FileJournal
from mmbatch_dash.store.journal.interface import AppendResult, Journal
from mmbatch_dash.store.journal.reading import Stretch

__all__ = ["AppendResult", "FileJournal", "Journal", "Stretch"]
