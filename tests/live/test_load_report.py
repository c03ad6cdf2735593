"""Reports: what numbers become, on paper."""

import io
import os
import shutil
from array import array
from html.parser import HTMLParser

import pytest
from playwright.sync_api import sync_playwright

from live.load import page, text
from live.load.books import Guarantee
from live.load.plan import Plan
from live.load.plot import plot
from live.load.report import Report, Times
from live.load.tally import Outcome, Tally
from tests.conftest import require


def filled(answers: list[int], seconds: int = 3) -> Report:
    report = Report(Plan(url="ws://here/", seconds=seconds), 1, "python")
    for at in range(1, seconds + 1):
        tally = Tally(sent=200, answered=100, dropped=100, batches=8, judged=10, right=9)
        tally.latencies.extend([0.001 * (1 + i) for i in range(100)])
        tally.waits.extend([0.002 * (1 + i) for i in range(200)])
        report.add_second(at, [tally], 0.5, 80_000_000 + at)
    hands = len(answers)
    report.add_outcome(Outcome(connected=hands, opened=hands, answers_a_session=array("q", answers)))
    return report


def test_percentiles_are_within_a_thousandth() -> None:
    times = Times()
    times.add(array("d", [i * 1e-3 for i in range(1, 1001)]))
    assert times.at(50) == pytest.approx(500, rel=2e-3)
    assert times.at(99) == pytest.approx(990, rel=2e-3)
    assert times.at(100) == pytest.approx(1000, rel=2e-3)
    assert Times().at(50) is None


def test_rates_and_costs_are_of_the_seconds_measured() -> None:
    report = filled([10] * 4)
    report.add_tail(Tally(answered=1000, latencies=array("d", [5.0])))
    assert report.answers_per_s == 100
    assert report.sent_per_s == 200
    assert report.cpu_us_per_answer == pytest.approx(5000)
    assert report.cores == 0.5
    assert report.latency.at(100) == pytest.approx(5000, rel=2e-3), "a late answer counts all the same"


@pytest.mark.parametrize(
    ("answers", "jain"), [([7, 7, 7, 7], 1.0), ([8, 0, 0, 0], 0.25), ([1, 2, 3], 36 / 42), ([0, 0], None)]
)
def test_jains_index(answers: list[int], jain: float | None) -> None:
    found = filled(answers).jain
    assert found == (None if jain is None else pytest.approx(jain))


@pytest.mark.parametrize(
    ("rate", "pause_s", "is_closed", "is_fair"),
    [(30.0, 0.0, False, True), (1.0, 0.0, False, False), (30.0, 2.0, False, False), (1.0, 0.0, True, True)],
)
def test_too_few_turns_are_called_neither_fair_nor_unfair(
    rate: float, pause_s: float, is_closed: bool, is_fair: bool
) -> None:
    report = filled([16, 32])
    report.plan = Plan(url="ws://here/", rate=rate, pause_s=pause_s, is_closed=is_closed)
    assert (report.jain is not None) == is_fair
    assert ("none: too few" in text.describe(report)) != is_fair


def test_the_words_say_what_was_found() -> None:
    report = filled([5, 5])
    report.outcome.errors["too_fast"] = 3
    report.outcome.closed["1011"] = 2
    report.outcome.broken[Guarantee.OPEN] = 2
    told = text.describe(report)
    for words in (
        "opened 2   closed 2 (1011: 2)",
        "errors 3 (too_fast: 3)",
        "90.00% of 30 finished drawings",
        "python, process 1: 5000 µs processor time an answer",
        "predicted 12.5 snapshots together",
        "BROKEN in 2 of 2 sessions: nobody is closed but as the protocol has it",
        "kept: the last snapshot is always answered",
    ):
        assert words in told


def test_a_server_that_only_refuses_has_its_cost_told() -> None:
    report = Report(Plan(url="ws://here/", seconds=1), 1)
    report.add_second(1, [Tally(sent=9, errors=9)], 0.5, 80_000_000)
    assert "50% of a core; memory 80.0 … 80.0 MB" in text.describe(report)


def test_a_server_that_is_gone_at_once_is_not_called_unwatched() -> None:
    report = Report(Plan(url="ws://here/", seconds=1), 7, "python")
    report.add_second(1, [Tally(sent=9)], None, None)
    assert "python, process 7 is gone" in text.describe(report)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "start"), [(io.StringIO(), "   1 of 3 s"), (_Terminal(), "\r\x1b[K   1 of 3 s")]
)
def test_progress_stays_on_one_line_of_a_terminal(stream: io.StringIO, start: str) -> None:
    report = filled([1])
    show = text.Progress(report.plan, stream)
    for second in report.seconds:
        show(second)
    show.end()
    show.end()
    shown = stream.getvalue()
    assert shown.startswith(start)
    assert shown.endswith("\n")
    assert shown.count("\n") == (1 if stream.isatty() else 3)
    if stream.isatty():
        assert {len(line) for line in shown.rstrip("\n").split("\r\x1b[K")[1:]} == {79}
    else:
        assert "server 50% of a core, 80 MB\n" in shown


def test_progress_is_as_wide_as_the_terminal() -> None:
    termios = pytest.importorskip("termios", reason="this platform has no terminals to open")
    ours, theirs = os.openpty()
    with open(ours, "rb", buffering=0) as shown, open(theirs, "w") as stream:
        termios.tcsetwinsize(theirs, (24, 40))
        text.Progress(Plan(url="ws://here/"), stream)(filled([1]).seconds[0])
        assert len(shown.read(1000).removeprefix(b"\r\x1b[K")) == 39


def test_an_empty_report_can_be_told() -> None:
    report = Report(Plan(url="ws://here/"))
    assert "not watched" in text.describe(report)
    assert "together" not in text.describe(report)
    assert "Nothing was measured" in page.render(report)
    assert report.summary()["jain"] is None


class _Balance(HTMLParser):
    """Sees whether every element that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_else() -> None:
    parser = _Balance()
    report = filled([1, 2, 3])
    parser.feed(page.render(report))
    assert parser.open == []
    assert parser.addresses == []


@pytest.mark.browser
def test_a_long_address_makes_the_page_no_wider_than_a_phone() -> None:
    chromium = require(os.environ.get("LIVE_DIGITS_CHROMIUM") or shutil.which("chromium"), "Chromium")
    report = filled([1])
    report.plan = Plan(url=f"ws://{'x' * 60}.example/v1/live")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 375, "height": 800})
        tab.set_content(page.render(report))
        assert tab.evaluate("document.documentElement.scrollWidth") == 375
        browser.close()


def test_a_single_point_can_be_seen() -> None:
    assert "<circle" in plot({"": [(1.0, 5.0)]}, "x", "y")
    assert page.render(filled([3], seconds=1)).count("<circle") >= 5


@pytest.mark.parametrize("nothing", [None, 0.0])
def test_an_outage_is_a_gap_that_takes_its_time(nothing: float | None) -> None:
    line = [(1.0, 5.0), (2.0, 5.0), (3.0, nothing), (4.0, 5.0), (5.0, 5.0), (6.0, nothing), (9.0, nothing)]
    drawn = plot({"": line}, "x", "y", is_log=True)
    assert drawn.count("<polyline") == 2
    assert ">8</text>" in drawn


def test_a_plot_escapes_its_names_and_stays_inside_its_box() -> None:
    drawn = plot({"<a>": [(0.0, 3.0), (7.0, 1234.5)]}, "x", "y & z", is_log=True)
    assert "<a>" not in drawn
    assert "y &amp; z" in drawn
    [points] = [part.split('"')[0] for part in drawn.split('points="')[1:]]
    for x, y in (map(float, point.split(",")) for point in points.split()):
        assert 0 <= x <= 640
        assert 0 <= y <= 300
