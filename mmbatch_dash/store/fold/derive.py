"""One batch, step by step: what it speaks of, the jobs it touches, and all that is derived of them."""

import duckdb

from mmbatch_dash.store.fold.steps import Steps
from mmbatch_dash.store.fold.write import (
    reopen_done,
    retire_ended,
    write_touched,
    write_untouched,
)
from mmbatch_dash.store.tables import PAIRS, entry_line_type, kept_aside_type, quoted


def derive_batch(cursor: duckdb.DuckDBPyConnection, steps: Steps, *, again: bool, retire_at: int) -> None:
    """Brings the tables up to the lines registered as `lines`, in the caller's transaction.

    Args:
        cursor: with the temporary tables of the fold.
        steps: the same steps on that cursor every time.
        again: whether the table `again` holds jobs to be derived although nothing new is said of them.
        retire_at: how many ended jobs stay among the live ones.
    """
    steps.run("10_batch", line_type=_text(entry_line_type()))
    seen = steps.ask("11_seen")
    steps.run("12_asides", seen["asides"], aside_type=_text(kept_aside_type()))
    reached = _tell_surroundings(steps, seen["instances"], seen["notices"], seen["nodes"], seen["parents"]) or again
    steps.run("30_prices", seen["prices"])
    steps.run("31_sizes", seen["sizes"])
    steps.run("41_touched", seen["jobs"] or reached)
    if reached:
        steps.run("42_reached")
    touched = seen["jobs"] or (reached and steps.has("touched"))
    if again:
        cursor.execute("DELETE FROM again")
    if touched:
        reopen_done(cursor)
    if seen["jobs"]:
        kind = "repeated" if steps.ask("45_known")["repeats"] else "fresh"
        steps.run(f"46_{kind}", fact_columns=quoted(PAIRS["facts"]))
    neighbours = _derive_jobs(steps, touched)
    if touched and steps.has("pending_jobs"):
        cursor.execute("DELETE FROM pending_jobs WHERE job_key IN (SELECT job_key FROM touched)")
    _let_wait(steps, seen["prices"], seen["sizes"])
    if touched:
        write_touched(cursor)
    if neighbours:
        write_untouched(cursor)
    if touched:
        retire_ended(cursor, retire_at)


def _tell_surroundings(steps: Steps, instances: bool, notices: bool, nodes: bool, parents: bool) -> bool:
    """Folds what is said of instances, nodes and parents; whether it may reach jobs the batch does not name."""
    steps.run("20_told", instances)
    told = instances and steps.has("told")
    steps.run("21_instances", told)
    steps.run("22_notices", notices)
    steps.run("23_changed", told or notices)
    steps.run("25_nodes", nodes)
    steps.run("40_parents", parents)
    return (
        ((told or notices) and steps.has("changed_instances"))
        or (nodes and steps.has("changed_nodes"))
        or (parents and steps.has("new_parents"))
    )


def _let_wait(steps: Steps, prices: bool, sizes: bool) -> None:
    if prices and steps.has("changed_prices"):
        steps.run("77_repriced")
    if sizes and steps.has("changed_sizes"):
        steps.run("78_resized")


def _derive_jobs(steps: Steps, touched: bool) -> bool:
    """Derives the touched jobs; whether jobs on the same instances are to be costed with them."""
    steps.run("47_facts", touched)
    said = steps.ask("48_said", touched)
    attempts, engine = said["attempts"], said["checkpoints"] or said["restores"]
    steps.run("50_tops", attempts)
    if said["unplaced"] and attempts:
        steps.run("51_placed")
    steps.run("52_job_end", said["ends"])
    steps.run("53_attempts", attempts)
    fates = steps.ask("54_fates", attempts)
    steps.run("55_checkpoints", engine)
    steps.run("56_restores", said["restores"])
    steps.run("60_progress", said["restored"])
    steps.run("65_protections", fates["reclaimed"])
    steps.run("70_asked", attempts)
    around = steps.ask("71_neighbours", fates["placed"])
    steps.run("72_crowded", around["crowds"])
    steps.run("73_on_instances", fates["placed"])
    steps.run("74_free", around["frees"])
    steps.run("75_costing", attempts)
    steps.run("76_rates", attempts)
    steps.run("80_merged", touched)
    steps.run("81_attempt_sums", attempts)
    steps.run("82_engine_sums", engine)
    steps.run("84_jobs", touched)
    return around["neighbours"]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
