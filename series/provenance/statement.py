"""What a run knows of one frame in, a statement as plain data out: made by what, from what, how checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Final

from series.generators.catalogue import catalogue

VERSION: Final = 1
"""Of the statement's form."""
SUFFIX: Final = ".json"
"""What its name ends in, after that of the picture."""
_IPTC: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"

_SOURCES: Mapping[str, str] = MappingProxyType(
    {"previz": "algorithmicMedia", "previz+drift": "algorithmicMedia"}
)
"""Generator → kind of source, in IPTC's words, where it is not a trained model's."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A picture that was sent along."""

    role: str
    subject: str
    digest: str
    """sha256 of the file."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One frame and where it comes from. Nothing in it changes when the same run is reported again."""

    series: str
    panel: str
    image: str
    """sha256 of the picture."""
    generator: str
    """What made it: "openai:gpt-image-2"."""
    request: str
    """Digest of the request that it answers; of the one before the repairs, where it was repaired here."""
    seed: int | None
    references: tuple[Sent, ...]
    edited_from: str
    """sha256 of the picture that it was edited from; empty for one drawn afresh."""
    repaired: tuple[str, ...]
    """What was repaired here, in words, in order."""
    verdict: str
    """consistent, unsure, drifted, or empty where it was not judged."""
    accepted: bool
    """By the run's rules; False where a person has to decide."""
    checked_with: Mapping[str, str]
    """Role → encoder."""
    credentials: str
    """Content Credentials that the picture came with, in words; empty for none."""
    tool: str
    """Name and version of this package."""

    @property
    def source_type(self) -> str:
        """IPTC digital source type; empty where it is not known: of pictures that somebody put into a folder,
        and of other packages' generators."""
        provider = self.generator.partition(":")[0]
        known = "trainedAlgorithmicMedia" if provider in catalogue().providers else ""
        kind = _SOURCES.get(provider, known)
        if not kind:
            return ""
        return _IPTC + ("compositeWithTrainedAlgorithmicMedia" if self._mixed(kind) else kind)

    def _mixed(self, kind: str) -> bool:
        """A model's picture in which something was set or painted here afterwards."""
        return kind == "trainedAlgorithmicMedia" and bool(self.repaired)


def to_json(statement: Statement) -> str:
    """The statement as JSON, keys sorted, ending with a line break."""
    plain = {"version": VERSION, **asdict(statement), "source_type": statement.source_type}
    return json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
