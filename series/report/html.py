"""An Audit in, one self-contained HTML page out: no network, no other file, a strict content policy."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

import jinja2
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from series.audit import Audit
from series.report.view import MAX_EMBEDDED_THUMBNAILS, page_view

STYLES = ("uPlot.min.css", "audit.css")
RUN_STYLES = (*STYLES, "run.css")
"""Of a page that shows a run."""
SCRIPTS = ("uPlot.iife.min.js", "audit.js")
CHART_LICENSE = "uPlot.LICENSE.txt"


def audit_html(audit: Audit, *, max_thumbnails: int = MAX_EMBEDDED_THUMBNAILS) -> str:
    """The report as text, to be written as UTF-8. It runs no script and loads no style but its own: the
    content policy names the digest of each.
    """
    made = audit.run is not None or any(frame.attempts or frame.outcome for frame in audit.frames)
    styles = [_static(name) for name in (RUN_STYLES if made else STYLES)]
    scripts = [_static(name) for name in SCRIPTS]
    page = page_view(audit, max_thumbnails=max_thumbnails)
    return (
        _environment()
        .get_template("audit.html.j2")
        .render(
            page=page,
            # Data blocks are not run, so they need no digest; the escapes keep "</script>" from ending them.
            data=htmlsafe_json_dumps(page.data, separators=(",", ":"), allow_nan=False),
            styles=[Markup(style) for style in styles],  # noqa: S704 - shipped with the package
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - shipped with the package
            policy=content_policy(styles, scripts),
            chart_license=_static(CHART_LICENSE),
        )
    )


def content_policy(styles: list[str], scripts: list[str]) -> str:
    """The value of Content-Security-Policy that allows these styles and scripts and data: pictures only."""
    return "; ".join(
        (
            "default-src 'none'",
            "img-src data:",
            f"style-src {' '.join(map(_digest, styles))}",
            f"script-src {' '.join(map(_digest, scripts))}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


@cache
def _static(name: str) -> str:
    # Line ends as HTML parsers see them: the browser hashes the text after it has turned CRLF into LF.
    text = resources.files("series.report").joinpath("static", name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("series.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
