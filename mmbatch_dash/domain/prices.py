"""What a price per instance-hour can be."""

from mmbatch_dash.domain.errors import InvalidInput

MOST_USD_PER_HOUR = 1000.0
"""The dearest instances cost about 400 USD an hour on demand; above this a unit or a decimal mark is wrong."""


def check_price(usd_per_hour: float, *, field: str) -> float:
    """The price itself.

    Raises:
        InvalidInput: no instance costs that much.
    """
    if usd_per_hour > MOST_USD_PER_HOUR:
        raise InvalidInput(
            f"{usd_per_hour:g} USD an hour is more than {MOST_USD_PER_HOUR:g}; is it per month, in cents, "
            "or a decimal comma lost?",
            field=field,
        )
    return usd_per_hour
