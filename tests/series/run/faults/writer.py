"""A run in small: holds the folder, asks, keeps pictures, settles; and writes down what was promised to it.

Started as a child process of the tests in this folder, to be killed.
"""

from __future__ import annotations

import os
from pathlib import Path

from series.generators.generator import FailureKind
from series.run.hold import hold
from series.run.images import Images
from series.run.store import Answer, Asked, open_store

USD = 0.037
PICTURE_BYTES = 20_000


def answer_for(images: Images, asked: Asked) -> Answer:
    """Two of three requests bring pictures; the others fail."""
    turn = int(asked.panel) % 3
    if turn == 0:
        return Answer((), FailureKind.POLICY, "refused", "input", seconds=0.1)
    pictures = [f"{asked.key} {n} ".encode() * (PICTURE_BYTES // 70) for n in range(turn)]
    digests = tuple(images.keep(data, {".truth.json": asked.key.encode()}) for data in pictures)
    return Answer(digests, usd=USD * turn, seconds=0.1)


def write(folder: Path, promised: Path, requests: int) -> None:
    """Go on where the last run ended. Each key that was settled is appended to the file promised."""
    images = Images(folder / "images")
    log = os.open(promised, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with hold(folder), open_store(folder / "store.db", "faults") as store:
        store.recover(idempotent={"faults"})
        done = store.outcomes()
        for number in range(requests):
            asked = Asked(f"{number:04}", "d" * 64, 0, "faults")
            if asked.panel in done:
                continue
            answer = store.answer(asked)
            if answer is None:
                store.reserve(asked, usd=2 * USD, request="{}")
                answer = answer_for(images, asked)
                store.settle(asked, answer)
            for image in answer.images:
                store.looked(asked.panel, image, image, "CONSISTENT")
            store.outcome(asked.panel, "accepted", image="".join(answer.images[:1]), number=1, reason="")
            os.write(log, f"{asked.key}\n".encode())
