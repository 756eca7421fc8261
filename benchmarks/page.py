"""The page in a real browser: from a moved lever to the drawn chart, against the goal of 150 ms, and beside the server's answer alone.

Wall time on a machine shared with others: read the median together with the least, and run it again when others are quiet.
Needs the test environment (`make dev`) and Chromium. Run it with ``python -m benchmarks.page [moves]``.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time

from benchmarks._lines import Line, render

GOAL_MS = 150.0
LOAD_GOAL_MS = 1000.0
PAUSE_MS = 1500
MOVE = """async ([moves, pause]) => {
  const asked = [];
  const plain = window.fetch;
  window.fetch = async (...given) => {
    const start = performance.now();
    const answer = await plain(...given);
    if (String(given[0]).includes('/explore')) asked.push(performance.now() - start);
    return answer;
  };
  const slider = document.querySelector('[data-lever="offshore_cloud"] input[type=range]');
  const chart = document.querySelector('[data-key=lead]');
  const found = [];
  for (let i = 0; i < moves; i += 1) {
    asked.length = 0;
    const start = performance.now();
    const drawn = new Promise((done) => {
      const watcher = new MutationObserver(() => {
        watcher.disconnect();
        requestAnimationFrame(() => setTimeout(() => done(performance.now() - start), 0));
      });
      watcher.observe(chart, { childList: true, subtree: true });
    });
    slider.value = String(0.95 - (0.9 * i) / moves);
    slider.dispatchEvent(new Event('input'));
    const whole = await drawn;
    found.push([whole, asked[0]]);
    await new Promise((done) => setTimeout(done, pause));
  }
  return found;
}"""


def measure(moves):
    """Return milliseconds to load, and per move those to the drawn chart and to the server's answer."""
    from playwright.sync_api import sync_playwright

    command = [sys.executable, "-c", "from leadtime.interfaces.cli import main; main()", "app"]
    server = subprocess.Popen([*command, "--port", "0", "--no-open", "--json"], stdout=subprocess.PIPE, text=True)
    try:
        address = json.loads(server.stdout.readline())["data"]["url"]
        time.sleep(3)  # the first answer is computed at the start
        path = os.environ.get("LEADTIME_CHROMIUM") or shutil.which("chromium")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(address)
            page.locator("text=/Answer from 4,000 draws/").wait_for()
            page.reload()
            page.locator("[data-key=lead] svg").wait_for()
            load = page.evaluate("performance.now()")
            page.locator("text=/Answer from 4,000 draws/").wait_for()
            found = page.evaluate(MOVE, [moves, PAUSE_MS])
            browser.close()
    finally:
        server.terminate()
        server.wait(15)
    return load, [whole for whole, _ in found], [answer for _, answer in found]


def main(arguments):
    """Print what was measured beside the goals."""
    moves = int(arguments[0]) if arguments else 25
    load, whole, answer = measure(moves)
    lines = [
        Line(benchmark="page", what="page loaded and first chart drawn", unit="ms", ours=load, against="goal", reference=LOAD_GOAL_MS),
        Line(benchmark="page", what=f"lever to drawn chart, median of {moves}", unit="ms", ours=statistics.median(whole), against="goal", reference=GOAL_MS),
        Line(benchmark="page", what="the same, least", unit="ms", ours=min(whole), against="goal", reference=GOAL_MS),
        Line(benchmark="page", what="of it the server's answer, median", unit="ms", ours=statistics.median(answer), against="the whole", reference=statistics.median(whole)),
    ]  # fmt: skip
    print(render(lines))


if __name__ == "__main__":
    main(sys.argv[1:])
