"""Words in, the words as a model that cannot spell writes them out."""

from __future__ import annotations

UNMISTAKABLE = 0.8
"""Size from which words that drift are, half of the time, left out altogether."""


def misread(text: str, size: float, way: float, where: float) -> tuple[str, str]:
    """(what is wrong, other words): "letters" swapped, "words" left out, or "text" missing altogether.

    size: [0, 1]; way, where: [0, 1), what is done and at which letter or word. Empty words: the text is
    missing, which also stands in where nothing else can be done to it.
    """
    parts = text.split()
    swaps = [i for i in range(len(text) - 1) if text[i] != text[i + 1] and text[i : i + 2].isalnum()]
    if size >= UNMISTAKABLE and way < 0.5:
        return "text", ""
    if len(parts) > 1 and (way < 0.4 or not swaps):
        gone = int(where * len(parts))
        return "words", " ".join(parts[:gone] + parts[gone + 1 :])
    if not swaps:
        return "text", ""
    letters = list(text)
    count = 1 + int(2 * size)
    first = int(where * len(swaps))
    taken: set[int] = set()
    for step in range(len(swaps)):
        i = swaps[(first + step) % len(swaps)]
        if len(taken) < 2 * count and not {i, i + 1} & taken:
            letters[i], letters[i + 1] = letters[i + 1], letters[i]
            taken |= {i, i + 1}
    return "letters", "".join(letters)
