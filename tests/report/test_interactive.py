"""Interactive pages: every family's, small, without a console error, clicked in a real browser."""

from __future__ import annotations

import base64
import gzip
import json
import random
import re
import shutil
import subprocess

import pytest

import zerogap as zg
from zerogap import report
from zerogap.cli import cli
from zerogap.cli.errors import run
from zerogap.models import base as registry
from zerogap.report import scene as scenes
from zerogap.report.scene import FRAMES, LARGEST, Scene, page

SMALL = {
    "routing": {"clients": 20},
    "jobshop": {"jobs": 5, "machines": 4},
    "fairclique": {"vertices": 40},
    "matmul": {"format": "2x2x2", "ring": "Z2"},
    "dag": {"variables": 6},
    "scratchpad": {"generator": "random", "operators": 5},
    "scheduling": {"generator": "soc"},
}
FAMILIES = [name for name in registry.REGISTRY if name != "toy"]


@pytest.fixture(scope="module")
def solved():
    made = {}

    def get(family):
        if family not in made:
            instance = zg.generate(family, seed=3, **SMALL.get(family, {}))
            made[family] = zg.solve(instance, time_limit=4, threads=2)
        return made[family]

    return get


def data_of(text):
    kind, body = re.search(r'type="([^"]*)" id="data">(.*?)</script>', text, re.DOTALL).groups()
    if kind == "application/json":
        return json.loads(body)
    assert kind == "application/gzip+base64"
    return json.loads(gzip.decompress(base64.b64decode(body)))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_a_page(family, solved, tmp_path):
    result = solved(family)
    path = tmp_path / "out.html"
    result.plot(str(path))
    text = path.read_text()
    assert len(text.encode()) < LARGEST and "{{" not in text
    assert "http://" not in text and "https://" not in text
    data = data_of(text)
    assert data["marks"] and 1 <= len(data["frames"]) <= FRAMES
    assert data["frames"][-1][1] == pytest.approx(result.objective)
    # The last frame holds the result's own marks.
    there = set()
    for _, _, gone, new, *_ in data["frames"]:
        there = (there - set(gone)) | set(new)
    scene = report._module(family).scene(result.instance, result.solution)
    assert len(there) == len({json.dumps(m) for m in scene.marks})


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_a_table(family, solved, tmp_path):
    result = solved(family)
    frame = result.to_frame()
    rows = report.rows(result.instance, result.solution)
    assert len(frame) == len(rows) > 0
    text = report.csv(result.instance, result.solution)
    assert text.count("\n") >= len(rows) + 1 and text.split("\n")[0] == ",".join(frame.columns)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_legend_lies_over_what_is_drawn(family, solved):
    result = solved(family)
    figure = report.figure(result.instance, result.solution)
    figure.draw_without_rendering()
    for axes in figure.axes:
        legend = axes.get_legend()
        if legend is not None:
            box, inside = legend.get_window_extent(), axes.get_window_extent()
            # Touching is no overlap; a pixel is.
            assert min(box.x1, inside.x1) - max(box.x0, inside.x0) < 1 or (
                min(box.y1, inside.y1) - max(box.y0, inside.y0) < 1
            ), (family, box, inside)


def test_tables_say_what_was_decided(tmp_path, capsys):
    shop = zg.generate("jobshop", jobs=2, machines=2, seed=1)
    result = zg.solve(shop, time_limit=2)
    frame = result.to_frame()
    assert list(frame.columns) == ["job", "operation", "machine", "start", "end"]
    assert frame["end"].max() == result.objective
    path, out = tmp_path / "shop.json", tmp_path / "plan.csv"
    zg.write(shop, path)
    assert run(cli, ["solve", str(path), "-q", "-t", "2", "-o", str(out), "--table"]) == 0
    assert out.read_text().startswith("job,operation,machine,start,end\n")
    assert capsys.readouterr().out.split("\n")[0].split() == list(frame.columns)
    assert run(cli, ["solve", str(path), "-q", "-t", "2", "-o", str(out)]) == 3
    assert "new file" in capsys.readouterr().err


def test_times_of_stops_add_up():
    plan = zg.solve(zg.generate("routing", "vrptw", clients=8, seed=2), time_limit=3)
    frame = plan.to_frame()
    assert (frame["arrival"] <= frame["service"]).all()
    assert (frame["service"] <= frame["departure"]).all()
    assert sorted(frame["client"]) == list(range(1, 9))
    for _, stops in frame.groupby("route"):
        assert stops["arrival"].is_monotonic_increasing


def test_the_objective_is_told_in_the_words_of_its_family(solved):
    result = solved("routing")  # distances are counted in a finer unit
    text = report.interactive(result.instance, result.solution, result)
    words = registry.family("routing").shown(result.instance, result.objective)
    last = data_of(text)["frames"][-1]
    assert last[5:] == ([words] if words else [])
    shown = page([(0.0, 8511, Scene("a"))], (), lambda v: f"{v / 10}")
    assert data_of(shown)["frames"][0][5] == "851.1"


def test_names_cannot_leave_their_element(tmp_path):
    scene = Scene("</script><script>alert(1)</script>\x1b", groups=["<b>"])
    scene.dot(0, 0, 0, "</script>", "a\u202eb")
    text = page([(0.0, 1, scene)])
    assert "<script>alert" not in text and "\x1b" not in text and "\u202e" not in text
    assert data_of(text)["frames"][0][4].startswith("</script>")


def test_frames_are_thinned_and_dropped_before_the_limit(monkeypatch):
    many = [(float(k), k, noisy(10, seed=k)) for k in range(70)]
    frames = data_of(page(many))["frames"]
    assert len(frames) == FRAMES and frames[-1][1] == 69
    monkeypatch.setattr(scenes, "LARGEST", 100_000)
    text = page([(float(k), k, noisy(500, seed=k)) for k in range(15)])
    frames = data_of(text)["frames"]
    assert len(text.encode()) <= 100_000 and 1 <= len(frames) < 15 and frames[-1][1] == 14


def noisy(count, seed=1):
    """Marks that no packing makes small."""
    draw = random.Random(seed)
    made = Scene("noise")
    for _ in range(count):
        made.dot(draw.random(), draw.random(), 0, "", f"{draw.getrandbits(128):x}")
    return made


def test_a_page_that_would_be_large_is_packed_then_thinned_and_says_so(monkeypatch):
    monkeypatch.setattr(scenes, "LARGEST", 100_000)
    packed = page([(0.0, 1, noisy(1_500))])
    assert 'type="application/gzip+base64"' in packed and len(packed.encode()) <= 100_000
    data = data_of(packed)
    assert len(data["marks"]) == 1_500 and data["frames"][0][4] == "noise"
    thinned = page([(0.0, 2, noisy(300)), (1.0, 1, noisy(8_000))])
    data = data_of(thinned)
    assert len(thinned.encode()) <= 100_000 and 1_000 < len(data["marks"]) < 8_000
    assert len(data["frames"]) == 1 and data["frames"][0][4] == (
        f"noise ({len(data['marks']):,} of 8,000 marks shown)"
    )


def test_a_name_is_no_place_of_the_template():
    text = page([(0.0, 1, Scene("{{data}} {{kind}}"))])
    assert data_of(text)["frames"][0][4] == "{{data}} {{kind}}"
    assert "<title>{{data}} {{kind}}</title>" in text


def test_a_page_from_the_command_line(tmp_path):
    shop, out = tmp_path / "shop.json", tmp_path / "out.html"
    zg.write(zg.generate("jobshop", jobs=6, machines=5, seed=1), shop)
    assert run(cli, ["solve", str(shop), "-q", "-t", "2", "-j", "1", "--plot", str(out)]) == 0
    assert data_of(out.read_text())["rows"] == [str(m) for m in range(5)]


# ---- in a browser ------------------------------------------------------------------------------
def browse(path, tmp_path, size="1200,800", *, script=""):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium on this machine: the page is not rendered")
    text = path.read_text()
    # Uncaught errors, rejected promises, and whatever goes to the console as a warning or worse.
    trap = """<script>
    const note = m => document.documentElement.setAttribute("data-errors", m);
    window.addEventListener("error", e => note("" + e.message));
    window.addEventListener("unhandledrejection", e => note("" + e.reason));
    for (const k of ["error", "warn", "assert"]) console[k] = (...m) => note(m.join(" "));
    </script>"""
    test = tmp_path / "test.html"
    test.write_text(
        text.replace("<head>", "<head>" + trap, 1).replace(
            "</body>", f"<script>{script}</script></body>"
        )
    )
    done = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
         "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={size}",
         "--virtual-time-budget=4000", "--dump-dom", test.as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    errors = re.search(r'<html[^>]*data-errors="(.*?)"', done.stdout)
    assert errors is None, errors[1]
    return done.stdout


CLICKS = """
const out = {}, send = (type, x, y, more) => canvas.dispatchEvent(
  new PointerEvent(type, Object.assign({pointerId: 1, bubbles: true,
  clientX: x + canvas.getBoundingClientRect().left,
  clientY: y + canvas.getBoundingClientRect().top}, more)));
const box = marks.find(m => m[0] === "r");
const mx = (X(box[1]) + X(box[3])) / 2, my = (Y(box[2]) + Y(box[4])) / 2;
send("pointermove", mx, my);
out.tip = tip.textContent; out.shown = tip.style.display;
const before = view.x;
send("pointerdown", mx, my); send("pointermove", mx + 40, my); send("pointerup", mx + 40, my);
out.panned = view.x - before;
const scale = view.sx;
canvas.dispatchEvent(new WheelEvent("wheel",
  {deltaY: -400, clientX: 300, clientY: 200, bubbles: true, cancelable: true}));
out.zoomed = view.sx / scale;
document.querySelector("#legend input").click();
out.off = on[0];
$("none").click(); out.none = on.every(v => !v); $("all").click(); out.all = on.every(v => v);
$("filter").value = "machine 2"; $("filter").dispatchEvent(new Event("input"));
out.faint = marks.filter(faint).length; out.marks = marks.length;
show(0); out.first = $("title").textContent; $("fit").click();
document.body.setAttribute("data-out", JSON.stringify(out));
"""


@pytest.mark.parametrize("size", ["1200,800", "390,800"])
def test_pan_zoom_hover_filter_and_frames(solved, tmp_path, size):
    result = solved("jobshop")
    path = tmp_path / "out.html"
    result.plot(str(path))
    dom = browse(path, tmp_path, size, script=CLICKS)
    raw = re.search(r'data-out="(.*?)"', dom)[1].replace("&quot;", '"')
    out = json.loads(raw)
    assert "machine" in out["tip"] and out["shown"] == "block"
    assert out["panned"] == pytest.approx(40) and out["zoomed"] > 2
    assert out["off"] is False and out["none"] and out["all"]
    assert 0 < out["faint"] < out["marks"] == result.instance.operations
    assert "makespan" in out["first"]


TOUCHED = """
paint(true);
for (let y = 20; y < canvas.clientHeight; y += 40)
  for (let x = 20; x < canvas.clientWidth; x += 40) hover(x, y);
zoom(300, 200, 4); paint(); $("none").click(); paint(true); $("all").click();
$("filter").value = "1"; $("filter").dispatchEvent(new Event("input")); paint(true);
for (const key of ["ArrowLeft", "ArrowUp", "+", "-", "0"])
  canvas.dispatchEvent(new KeyboardEvent("keydown", {key}));
for (let k = 0; k < D.frames.length; k++) { show(k); paint(true); }
$("fit").click();
if (horizon) { $("play").click(); at_time(horizon / 2); paint(); $("play").click(); }
"""


@pytest.mark.parametrize("family", FAMILIES)
def test_no_page_has_an_error(family, solved, tmp_path):
    path = tmp_path / "out.html"
    solved(family).plot(str(path))
    dom = browse(path, tmp_path, script=TOUCHED)  # raises at an error
    title = data_of(path.read_text())["frames"][-1][4]
    assert title.split(":")[0][:10] in dom


def test_a_packed_page_opens(tmp_path, monkeypatch):
    monkeypatch.setattr(scenes, "LARGEST", 100_000)
    path = tmp_path / "out.html"
    path.write_text(page([(0.0, 1, noisy(1_500))]))
    assert 'gzip+base64"' in path.read_text()
    dom = browse(path, tmp_path)
    assert re.search(r'<h1 id="title">noise</h1>', dom)


COMPLETE = """
const pixels = () => ctx.getImageData(0, 0, canvas.width, canvas.height).data.join();
const out = {};
paint(true); out.fit = pixels().length;
zoom(400, 300, 1.7); view.x += 31; paint(true);
const whole = pixels();
$("fit").click(); paint(true);
zoom(400, 300, 1.7); view.x += 31;
let k = 0;
do { paint(); k++; } while ((job || !same(picture, view)) && k < 10000);
out.frames = k; out.equal = pixels() === whole;
document.body.setAttribute("data-out", JSON.stringify(out));
"""


def test_ten_thousand_marks_come_a_slice_a_frame_and_all_of_them(tmp_path):
    """What is painted piecewise is in the end what is painted at once; speed: page_bars.py."""
    scene = Scene("many", x="time", groups=[f"job {j}" for j in range(100)], down=True,
                  rows=[f"machine {m}" for m in range(100)])  # fmt: skip
    for i in range(10_000):
        m, k = i % 100, i // 100
        scene.box(k * 10, m - 0.4, k * 10 + 9, m + 0.4, k, str(k), f"operation {i}")
        if i % 10 == 0:
            scene.line([(k * 10, m), (k * 10 + 500, m + 3)], k, "")
    path = tmp_path / "many.html"
    path.write_text(page([(0.0, 1, scene)]))
    dom = browse(path, tmp_path, "700,500", script=COMPLETE)
    out = json.loads(re.search(r'data-out="(.*?)"', dom)[1].replace("&quot;", '"'))
    assert out["equal"] and out["frames"] >= 1
