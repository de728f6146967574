"""The memory of a series: answers and money, in SQLite or any database that SQLAlchemy speaks to."""

from __future__ import annotations

from series.run.answer import Answer, Asked
from series.run.store.holder import Home
from series.run.store.store import Look, Move, Store, look_into, open_store

__all__ = ["Answer", "Asked", "Home", "Look", "Move", "Store", "look_into", "open_store"]
