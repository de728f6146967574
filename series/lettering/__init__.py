"""Lettering: pixels and words in, pixels with balloons, captions and titles out. Needs no other part of this.

`set_words` also repairs the lettering of a picture from anywhere: it wants nothing but pixels and words.
"""

from series.lettering.fonts import missing_signs
from series.lettering.letterer import Said, set_words

__all__ = ["Said", "missing_signs", "set_words"]
