"""Ink that is painted in parts, while the pen moves, looks like ink painted whole."""

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

COMPARE = """async ([brush, page]) => {
  const [{ CanvasView, paintStroke }, { Drawing, PAGE }, { Signal }] = await Promise.all(
    ["canvas", "drawing", "signal"].map(name => import(`./${name}.js`)));
  const sheet = document.createElement("div");
  sheet.innerHTML = "<canvas></canvas>";
  sheet.style = "position: fixed; inset: 0 auto auto 0; width: 400px; height: 400px";
  const canvas = sheet.firstChild;
  canvas.style = "position: absolute; width: 100%; height: 100%";
  document.body.append(sheet);
  const drawing = new Drawing();
  const inks = { changed: new Signal(), page, inkOf: colour => colour };
  const view = new CanvasView(sheet, drawing, inks);
  const frame = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const pen = colour => ({ brush, colour, width: 40 });
  // Behind both, and seen where the page is transparent.
  const filled = () => {
    const context = new OffscreenCanvas(400, 400).getContext("2d", { willReadFrequently: true });
    context.fillStyle = "#f7edd8";
    context.fillRect(0, 0, 400, 400);
    return context;
  };
  // A spiral that crosses the one before.
  const point = i => {
    const [radius, t] = [60 + 3 * i, 16 * i];
    return { x: 500 + radius * Math.cos(i / 9), y: 500 + radius * Math.sin(i / 11), t, pressure: 0.5 };
  };
  const found = {};
  const compare = (name, predicted = []) => {
    const [shown, whole, blank] = [filled(), filled(), filled()];
    shown.drawImage(canvas, 0, 0);
    for (const context of [whole, blank]) {
      context.scale(400 / PAGE, 400 / PAGE);
      context.fillStyle = inks.page;
      context.fillRect(0, 0, PAGE, PAGE);
    }
    for (const stroke of drawing.strokes) {
      const points = stroke === drawing.open ? [...stroke.points, ...predicted] : stroke.points;
      paintStroke(whole, { ...stroke, points }, inks.inkOf(stroke.pen.colour));
    }
    const [a, b, c] = [shown, whole, blank].map(context => context.getImageData(0, 0, 400, 400).data);
    const apartAt = (i, one, other) => Math.max(...[0, 1, 2].map(k => Math.abs(one[i + k] - other[i + k])));
    let [ink, off, most] = [0, 0, 0];
    for (let i = 0; i < a.length; i += 4) {
      const apart = apartAt(i, a, b);
      ink += apartAt(i, b, c) > 0;
      off += apart > 24;
      most = Math.max(most, apart);
    }
    found[name] = { ink, off, most };
  };
  const grow = async (from, to) => {
    for (let i = from; i < to; i++) {
      drawing.extend([point(i)]);
      if (i % 5 === 0) await new Promise(requestAnimationFrame);
    }
    await frame();
  };
  await frame();
  drawing.begin(point(0), pen("#0072b2"));
  await frame();
  compare("a dot");
  await grow(1, 57);
  compare("under the pen");
  const predicted = [point(57), point(58)];
  view.predict(predicted);
  await frame();
  compare("with what is predicted", predicted);
  drawing.end();
  drawing.begin(point(30), pen("#d55e00"));
  await grow(31, 70);
  compare("a second stroke");
  sheet.style.width = sheet.style.height = "399px";
  await frame();
  sheet.style.width = sheet.style.height = "400px";
  await frame();
  await grow(70, 75);
  compare("another size");
  inks.inkOf = colour => colour === "#d55e00" ? "#009e73" : colour;
  inks.changed.emit();
  await grow(75, 80);
  compare("another colour");
  if (page !== "transparent") inks.page = "#e9f3ff";
  inks.changed.emit();
  await grow(80, 85);
  compare("another page");
  view.showInstead([]);
  await frame();
  view.showInstead(null);
  await frame();
  compare("back from the past");
  drawing.cancel();
  await frame();
  compare("cancelled");
  drawing.begin(point(3), pen("#d55e00"));
  await grow(4, 40);
  drawing.end();
  drawing.undo();
  drawing.redo();
  await frame();
  compare("undone and redone");
  drawing.clear();
  await frame();
  compare("cleared");
  sheet.remove();
  return found;
}"""


@pytest.mark.parametrize(
    ("brush", "colour"),
    [("round", "transparent"), *((brush, "#ffffff") for brush in ("round", "marker", "pressure", "spray"))],
)
async def test_ink_painted_in_parts_looks_as_if_painted_whole(page: Page, brush: str, colour: str) -> None:
    found = await page.evaluate(COMPARE, [brush, colour])
    assert found.pop("cleared") == {"ink": 0, "off": 0, "most": 0}
    for when, seen in found.items():
        assert seen["ink"] > 10, when
        # Where parts meet, smooth edges lie on each other; no pixel of ink is missing or too many.
        assert seen["off"] <= 0.005 * seen["ink"] + 1, (when, seen)
        assert seen["most"] < 128, (when, seen)
