"""What follows a drifted picture: its findings and the panel's history in, the next step out."""

from series.reinforce.decide import decide
from series.reinforce.history import best_of
from series.reinforce.stops import Limits

__all__ = ["Limits", "best_of", "decide"]
