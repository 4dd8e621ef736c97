"""The report of a month: one dated A4 page for whoever asks what it cost, and one of detail."""
