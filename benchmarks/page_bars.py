"""How fluid interactive pages are: ``python benchmarks/page_bars.py [--out FILE]``.

Pages with 10⁴ operations and with 10⁴ clients in headless Chromium; per page the median, the 95th
percentile and the longest of 60 frames while it is panned and zoomed, each from the call that
paints to the end of its pixels' being read back, and how long it takes until everything is there
again at the last view (while it is moved a page shows the picture before, and paints the next one
a few milliseconds a frame). The bar is a median of 33 ms.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from zerogap.bench import bars
from zerogap.report.scene import Scene, page

COUNT = 10_000
SCRIPT = """
const times = [];
for (let k = 0; k < 60; k++) {
  view.x += 3;
  if (k % 10 === 9) zoom(500, 300, k % 20 === 9 ? 1.6 : 0.625);
  const a = performance.now();
  paint();
  ctx.getImageData(0, 0, 1, 1);
  times.push(performance.now() - a);
}
times.sort((a, b) => a - b);
change();
const from = performance.now();
paint(true);
ctx.getImageData(0, 0, 1, 1);
times.push(performance.now() - from);
document.body.setAttribute("data-out", JSON.stringify(times));
"""


def gantt() -> Scene:
    """100 machines, 100 jobs, an operation of every job on every machine."""
    made = Scene("operations", x="time", groups=[f"job {j}" for j in range(100)], down=True,
                 rows=[f"machine {m}" for m in range(100)])  # fmt: skip
    for i in range(COUNT):
        m, k = i % 100, i // 100
        made.box(k * 10, m - 0.4, k * 10 + 9, m + 0.4, k, str(k), f"operation {i}")
    return made


def routes() -> Scene:
    """200 routes of 50 stops each."""
    made = Scene("clients", equal=True, groups=[f"route {r}" for r in range(200)])
    for r in range(200):
        stops = [((r * 37 + k * 13) % 1000, (r * 91 + k * k * 7) % 1000) for k in range(50)]
        made.line([(500, 500), *stops, (500, 500)], r, f"route {r}")
        for k, (x, y) in enumerate(stops):
            made.dot(x, y, r, str(k), f"client {k} of route {r}")
    return made


def frames(scene: Scene, browser: str) -> tuple[list[float], float, int]:
    """Milliseconds of every frame, sorted; of a whole picture; and the bytes of the page."""
    text = page([(0.0, 1, scene)])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(text.replace("</body>", f"<script>{SCRIPT}</script></body>"))
        done = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-background-networking", f"--user-data-dir={folder}/profile",
             "--window-size=1200,800", "--dump-dom", path.as_uri()],
            capture_output=True, text=True, timeout=280, check=True,
        )  # fmt: skip
    found = re.search(r'data-out="(.*?)"', done.stdout)
    assert found is not None, done.stderr[-1000:]
    *times, whole = json.loads(found[1])
    return times, whole, len(text.encode())


def main() -> None:
    """A line a page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", default="benchmarks/results/bars-pages.jsonl")
    out = parser.parse_args().out
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    assert browser is not None, "needs Chromium"
    for name, scene in (("operations", gantt()), ("clients", routes())):
        times, whole, size = frames(scene, browser)
        line = bars.append(
            out, "frames of a page", marks=f"{COUNT} {name}", size_bytes=size,
            median_ms=round(times[len(times) // 2], 2),
            p95_ms=round(times[int(0.95 * len(times))], 2), longest_ms=round(times[-1], 2),
            whole_ms=round(whole, 2),
        )  # fmt: skip
        print(line["marks"], line["median_ms"], "ms")


if __name__ == "__main__":
    main()
