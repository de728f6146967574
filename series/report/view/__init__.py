"""An Audit in, everything that the HTML page shows out, as finished words and fractions."""

from series.report.view.page import MAX_EMBEDDED_THUMBNAILS, page_view

__all__ = ["MAX_EMBEDDED_THUMBNAILS", "page_view"]
