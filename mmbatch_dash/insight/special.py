"""Special functions and root finding by scipy, imported by who asks first: it is a sixth of a server's start."""

from collections.abc import Callable


def lambert_w(x: float, branch: int = 0) -> float:
    """W on the given real branch with w eʷ = x, for x of at least −1/e."""
    from scipy.special import lambertw

    return float(lambertw(x, branch).real)


def poisson_mean_at(events: float, probability: float) -> float:
    """The mean at which so many events or more have this probability: half a χ² quantile at 2 × events."""
    from scipy.special import gammaincinv

    return float(gammaincinv(events, probability))


def gamma_tail(shape: float, x: float) -> float:
    """The probability that a gamma variable of this shape and scale 1 is above x."""
    from scipy.special import gammaincc

    return float(gammaincc(shape, x))


def chi_square_tail(degrees: float, x: float) -> float:
    """The probability that χ² with these degrees of freedom is above x."""
    from scipy.special import chdtrc

    return float(chdtrc(degrees, x))


def find_root(function: Callable[[float], float], low: float, high: float, *, tolerance: float = 1e-10) -> float:
    """Where a function that changes its sign between two points is 0."""
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=tolerance))
