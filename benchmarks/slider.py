"""From a moved slider to redrawn charts, in the browser: the Weights page with all students of the sample.

    python benchmarks/slider.py [--home FOLDER] [--drags 40] [--busy] [--json]

The dashboard is started on a copy of a state folder (`--home`) or on a new one with the RPI catalog, the 5,000 invented
students and vectors of the fake encoder: the time does not depend on what the vectors say. A slider is then dragged
with the mouse `--drags` times. The clock runs inside the page, from the release of the mouse to the last change in any
chart, so it holds everything: Streamlit's wait for the slider to rest, the way to the server, ranking all students,
figures, the way back, drawing. `--busy` keeps every core busy with processes as nice as a job's worker.

Needs Chromium and the packages of tests/requirements.txt.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from playwright.sync_api import Locator, Page, sync_playwright

from core.config import Config
from core.embedding.fake_encoder import FakeEncoder
from core.jobs.worker import NICENESS
from core.pipeline.application import Application
from core.pipeline.embedding import catalog_texts
from core.pipeline.samples import load_sample, load_sample_students
from core.pipeline.settings import change_settings, read_settings
from core.storage.journal_batch import Embedding
from tests.e2e.conftest import BROWSER_ARGUMENTS, Dashboard, settle
from tests.ensure_browser import find_browser

TARGETS = (40, 60, 75, 25, 90, 50, 65)  # where the thumb is dragged to, in turn
QUIET_MILLISECONDS = 700  # without a change in any chart: then the drawing is over
# Notes each release of the mouse and each change in a chart, by the page's own clock.
WATCH = """() => {
    window.released = 0; window.changed = 0; window.done = null;
    document.addEventListener('pointerup', () => { window.released = performance.now(); window.changed = 0; }, true);
    new MutationObserver(changes => {
        if (changes.some(it => (it.target.nodeType === 1 ? it.target : it.target.parentElement)
            ?.closest('[data-testid=stPlotlyChart]'))) window.changed = performance.now();
    }).observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
}"""
IS_QUIET = f"() => window.changed > 0 && performance.now() - window.changed > {QUIET_MILLISECONDS}"


def make_home(home: Path) -> None:
    """The sample catalog and students with vectors of the fake encoder."""
    with Application(Config(home), watch_jobs=False) as app:
        change_settings(app, replace(read_settings(app), embedding_model="fake:"))
        catalog_id = load_sample(app, "rpi").catalog_id
        load_sample_students(app, catalog_id)
        encoder, texts = FakeEncoder(), catalog_texts(app, catalog_id).texts
        app.embeddings.put(
            [
                Embedding("fake:", key, np.asarray(encoder.encode_batch([text], role=role)[0], np.float32))
                for key, (text, role) in texts.items()
            ]
        )


@contextmanager
def busy_cores(count: int) -> Iterator[None]:
    """`count` processes that do nothing but reckon, as nice as a job's worker."""
    workers = [multiprocessing.Process(target=_reckon, daemon=True) for _ in range(count)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.terminate()


def _reckon() -> None:
    os.nice(NICENESS)
    matrix = np.random.default_rng(0).normal(size=(400, 400))
    while True:
        matrix @ matrix


def drag(page: Page, drags: int) -> list[float]:
    """Seconds from each release of a slider to the last change in a chart."""
    tracks = page.get_by_test_id("stSlider")
    seconds = []
    for turn in range(drags):
        slider = tracks.nth(turn % 2)  # the two weights of the default, in turn
        start = _place(slider, int(slider.get_by_role("slider").input_value()))
        end = _place(slider, TARGETS[turn % len(TARGETS)])
        page.mouse.move(*start)
        page.mouse.down()
        page.mouse.move(*end, steps=4)
        page.mouse.up()
        page.wait_for_function(IS_QUIET, timeout=60_000)
        seconds.append(page.evaluate("() => window.changed - window.released") / 1000)
    return seconds


def _place(slider: Locator, value: int) -> tuple[float, float]:
    """Where on the page the thumb of a slider from 0 to 100 is at this value."""
    box = slider.get_by_role("group").locator("> div").first.bounding_box()
    assert box is not None
    return box["x"] + box["width"] * value / 100, box["y"] + box["height"] / 2


def measure(home: Path, drags: int) -> list[float]:
    """Open the page in a browser and drag; the first two moves warm up and are not counted."""
    dashboard = Dashboard.start(home)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_ARGUMENTS)
            page = browser.new_page(viewport={"width": 1400, "height": 1000}, locale="en-US")
            page.goto(f"{dashboard.url}/weights")
            page.get_by_test_id("stPlotlyChart").first.wait_for(timeout=120_000)
            settle(page)
            page.evaluate(WATCH)
            return drag(page, drags + 2)[2:]
    finally:
        dashboard.stop()


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="a state folder to copy; default: a new one with the sample")
    parser.add_argument("--drags", type=int, default=40)
    parser.add_argument("--busy", action="store_true", help="keep every core busy as a job would")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        if options.home:
            shutil.copytree(options.home, home, symlinks=True)
        else:
            home.mkdir()
            make_home(home)
        with busy_cores((os.cpu_count() or 1) if options.busy else 0):
            seconds = measure(home, options.drags)
    result = {
        "drags": len(seconds),
        "busy": options.busy,
        "cores": os.cpu_count(),
        "median_seconds": statistics.median(seconds),
        "p95_seconds": float(np.quantile(seconds, 0.95)),
        "lowest_seconds": min(seconds),
        "highest_seconds": max(seconds),
    }
    if options.json:
        print(json.dumps(result, indent=2))
        return
    print(
        f"{result['drags']} drags on {result['cores']} cores{', all busy' if options.busy else ''}: "
        f"median {result['median_seconds']:.3f} s, 95 of 100 within {result['p95_seconds']:.3f} s "
        f"({result['lowest_seconds']:.3f} to {result['highest_seconds']:.3f} s)"
    )


if __name__ == "__main__":
    main()
