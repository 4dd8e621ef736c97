"""Other people's formats as journal entries. Pure: no clock, no network, no store."""
