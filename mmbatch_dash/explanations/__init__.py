"""Why a job has the figures it has: kept rows in, sentences and terms out. No I/O, no clock, no second calculation."""
