"""The report in a real browser; skipped where there is none."""

import os
import shutil

import pytest

from consistency.tolerance import Tolerance
from series.report import audit_html
from series.report.view.scale import axis_end

TOLERANCE = Tolerance(0.35, 0.55, "as in plain()")

BROWSER = os.environ.get("SERIES_TEST_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if BROWSER is None:
        pytest.skip("no Chromium found; set SERIES_TEST_BROWSER")
    home = str(tmp_path_factory.mktemp("browser"))  # where the browser keeps its profile
    with api.sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking"]
        own = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home}
        running = playwright.chromium.launch(executable_path=BROWSER, args=arguments, env=own)
        yield running
        running.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Opens an audit; whatever the browser complains about fails the test."""
    complaints = []
    pages = []

    def open_(audit, width=1280, fragment="", **options):
        file = tmp_path / "audit.html"
        file.write_text(audit_html(audit, **options), encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": 800})
        pages.append(page)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
        page.on(
            "request",
            lambda request: request.url.startswith(("file:", "data:")) or complaints.append(request.url),
        )
        page.goto(file.as_uri() + fragment)
        return page

    yield open_
    for page in pages:
        page.wait_for_timeout(50)
        page.close()
    assert complaints == []


def shown(page):
    return page.locator(".tile:visible").count()


def test_filters_combine_and_live_in_the_address(opened, audit):
    page = opened(audit)
    assert shown(page) == 6
    page.click("[data-verdict=drifted]")
    assert shown(page) == 2
    page.select_option("#filter-check", "color.role")
    assert shown(page) == 1
    assert "verdict=drifted" in page.url
    assert "check=color.role" in page.url
    assert page.locator("#shown").text_content() == "Showing 1 of 6"
    page.click("#reset")
    assert shown(page) == 6


def test_with_a_check_the_verdict_is_that_of_the_check(opened, audit):
    page = opened(audit, fragment="#verdict=consistent&check=identity.")
    # P01 drifted by its color only; panel 2 could not be measured.
    assert page.locator(".tile:visible").evaluate_all("tiles => tiles.map(tile => tile.id)") == [
        "tile-0",
        "tile-2",
    ]


def test_character_filter_with_a_hostile_name(opened, audit):
    page = opened(audit)
    page.select_option("#filter-character", "<script>alert(1)</script>")
    assert shown(page) == 1
    page.reload()
    assert shown(page) == 1


def test_address_restores_the_view(opened, audit):
    page = opened(audit, fragment="#verdict=unsure&frame=1")
    assert shown(page) == 3
    assert page.locator("#frame-1 > details").get_attribute("open") is not None


def test_keyboard_reaches_the_filters(opened, audit):
    page = opened(audit)
    page.focus("[data-verdict=drifted]")
    page.keyboard.press("Enter")
    assert page.locator("[data-verdict=drifted]").get_attribute("aria-pressed") == "true"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.verdict") == "unsure"


def test_a_tile_opens_its_frame_with_pictures(opened, audit):
    page = opened(audit)
    page.click("#tile-2 a")
    assert page.locator("#frame-2 > details").get_attribute("open") is not None
    assert page.locator("#frame-2 .stage img").evaluate("image => image.naturalWidth") > 0


def test_a_chart_point_leads_to_its_frame(opened, plain):
    page = opened(plain(9, every=4))
    plot = page.locator(".plot .u-over").first
    # Frame 4 of 0..8 stands in the middle; its distance of 0.9 is near the top.
    end = axis_end([0.9], TOLERANCE, "cosine distance")
    for _ in range(20):  # the chart takes clicks once it is drawn, which is not told
        plot.evaluate("plot => plot.scrollIntoView({block: 'center'})")  # out from under the filters
        page.wait_for_timeout(250)
        box = plot.bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * (1 - 0.9 / end))
        page.wait_for_timeout(250)
        if "frame=4" in page.url:
            break
    assert "frame=4" in page.url


@pytest.mark.parametrize("width", [360, 1280])
def test_page_is_never_wider_than_the_window(opened, audit, width):
    page = opened(audit, width)
    page.click("#open-all")
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for plot in page.locator(".plot canvas").all():
        assert plot.bounding_box()["width"] <= width


def test_charts_follow_the_window(opened, plain):
    page = opened(plain(9))
    page.set_viewport_size({"width": 360, "height": 700})
    page.wait_for_timeout(200)
    assert page.locator(".plot canvas").first.bounding_box()["width"] <= 330


def test_sample_character_filter_finds_who_is_there_unplanned(opened, sample):
    page = opened(sample)
    page.select_option("#filter-check", "identity.unexpected")
    page.select_option("#filter-character", "tib")
    assert page.locator(".tile:visible b").all_text_contents() == ["p13"]


def test_sample_kinds_of_drift_lead_to_their_frames(opened, sample):
    page = opened(sample)
    page.click(".kinds a >> text=Color")
    assert page.locator(".tile:visible b").all_text_contents() == ["p06", "p14"]
    assert page.locator("[data-verdict=drifted]").get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize("width", [360, 1280])
def test_sample_fits_the_window_with_everything_open(opened, sample, width):
    page = opened(sample, width)
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("img:not([src])").count() == 0


def test_sample_axis_shows_the_points(opened, sample):
    page = opened(sample)
    charts = page.evaluate("JSON.parse(document.getElementById('data').textContent).charts")
    copies = next(chart for chart in charts if chart["title"] == "Copy of a reference")
    farthest = max(distance for line in copies["lines"] for distance in line["y"])
    assert farthest < copies["end"] < 2 * farthest


@pytest.mark.parametrize("width", [360, 900])
def test_every_drifted_frame_shows_its_picture_when_scrolled_to(opened, sample, width):
    page = opened(sample, width)
    heights = []
    for index, frame in enumerate(sample.frames):
        if frame.verdict.value == "drifted":
            page.evaluate(f"document.querySelector('#frame-{index}').scrollIntoView()")
            page.wait_for_timeout(100)
            box = page.locator(f"#frame-{index} .stage img").bounding_box()
            heights.append(box["height"] if box else 0)
    assert min(heights) > 150


def open_everything(page):
    page.click("#open-all")
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
    page.wait_for_timeout(200)


@pytest.mark.parametrize("width", [360, 1280])
def test_a_run_scrolls_its_attempts_and_never_the_page(opened, run, long, width):
    for audited in (run, long(2, 30)):
        page = opened(audited, width)
        open_everything(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("#frames img:not([src])").count() == 0
    strip = page.locator(".strip").first
    inner, outer = strip.evaluate("strip => [strip.scrollWidth, strip.clientWidth]")
    assert inner > 30 * 190 > outer
    strip.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)  # polling for it would need eval, which the page's policy forbids
    assert strip.evaluate("strip => strip.scrollLeft") > 0
    assert page.evaluate("window.scrollX") == 0


def test_attempts_stand_side_by_side_with_their_pictures(opened, run):
    page = opened(run)
    open_everything(page)
    cards = page.locator("#frame-1 .try")
    boxes = [card.bounding_box() for card in cards.all()]
    assert len({box["y"] for box in boxes}) == 1
    assert [box["x"] for box in boxes] == sorted({box["x"] for box in boxes})
    images = page.locator("#frame-1 .try img")
    assert images.count() == 3
    page.locator("#frame-1").scroll_into_view_if_needed()
    page.wait_for_timeout(200)
    assert images.evaluate_all("images => images.every(image => image.naturalWidth > 0)")
    assert page.locator("#frame-1 .try.kept .mark.best").text_content() == "Kept"


def test_how_a_frame_came_to_be_is_a_filter(opened, run):
    page = opened(run)
    page.focus("[data-way=regenerated]")
    page.keyboard.press("Enter")
    assert page.locator("[data-way=regenerated]").get_attribute("aria-pressed") == "true"
    assert page.locator(".tile:visible b[dir]").all_text_contents() == ["R02"]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.locator(".tile:visible").evaluate_all("tiles => tiles.map(tile => tile.id)") == [
        "tile-2",
        "tile-3",
        "tile-4",
    ]
    assert "way=person" in page.url
    page.click("[data-verdict=drifted]")
    assert page.locator(".tile:visible b[dir]").all_text_contents() == ["R03"]
    page.reload()
    assert shown(page) == 1
    page.click("#reset")
    assert shown(page) == 5


def test_a_way_in_the_address_of_an_audit_filters_nothing(opened, audit):
    assert shown(opened(audit, fragment="#way=person")) == 6


def test_over_the_limit_a_tile_leads_to_the_list_of_its_attempts(opened, long):
    page = opened(long(4, 3), max_thumbnails=1)
    page.click("#tile-3 a")
    assert page.locator("#frame-3 .try:visible").count() == 3
    assert page.locator("#frame-3 img").count() == 0


@pytest.mark.parametrize("width", [700, 900, 1280])
def test_the_filters_never_cover_what_is_jumped_to(opened, run, width):
    page = opened(run, width)
    page.wait_for_selector("#filters:visible")
    for heading in ("took-title", "frame-1"):
        top, bar = page.evaluate(
            """id => {
                document.getElementById(id).scrollIntoView();
                const bar = document.getElementById("filters").getBoundingClientRect();
                const covered = bar.top <= 0 ? bar.bottom : 0;
                return [document.getElementById(id).getBoundingClientRect().top, covered];
            }""",
            heading,
        )
        assert top >= bar
