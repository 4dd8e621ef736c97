"""The fold: journal lines → tables. A function of the set of entries and the pricing settings in force."""

from mmbatch_dash.store.fold.fold import Fold
from mmbatch_dash.store.fold.settings import PricingSettings

__all__ = ["Fold", "PricingSettings"]
