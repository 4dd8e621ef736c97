"""What rows about a part of the store choose."""

from mmbatch_dash.services import Services


def some_queue(services: Services) -> str:
    """The queue with the fewest jobs."""
    with services.database.cursor() as cursor:
        sql = "SELECT queue FROM jobs WHERE queue IS NOT NULL GROUP BY queue ORDER BY count(*), queue LIMIT 1"
        return str(cursor.execute(sql).fetchall()[0][0])
