import assert from "node:assert/strict";
import { test } from "node:test";
import { BRUSH_NAMES, shapeOf } from "../../frontend/brushes.js";

const line = (brush, points) => ({
  points: points.map(([x, y], i) => ({ x, y, t: 16 * i, pressure: 0.5 })),
  pen: { brush, colour: "", width: 40 },
});

for (const brush of BRUSH_NAMES) {
  test(`${brush}: a tap and a line leave a well-formed path`, () => {
    for (const points of [[[5, 5]], [[5, 5], [5, 5]], [[0, 0], [30, 10], [10, -60.123]]]) {
      const { d, width } = shapeOf(line(brush, points));
      assert.match(d, /^M[-\d.\sMLQZah]+$/);
      assert.ok(Number.isFinite(width));
    }
  });

  test(`${brush}: the same stroke always looks the same`, () => {
    const stroke = line(brush, [[0, 0], [100, 40]]);
    assert.deepEqual(shapeOf(stroke), shapeOf(structuredClone(stroke)));
  });
}

for (const brush of ["glitter", "__proto__", "toString"]) {
  test(`a brush that this page does not know is drawn round: ${brush}`, () => {
    const points = [[0, 0], [9, 9]];
    assert.deepEqual(shapeOf(line(brush, points)), shapeOf(line("round", points)));
  });
}

test("harder pressed is broader", () => {
  const at = (pressure) => shapeOf({ ...line("pressure", []), points: [{ x: 0, y: 0, t: 0, pressure }] }).d;
  const radius = (d) => Number(/a([\d.]+)/.exec(d)[1]);
  assert.ok(radius(at(0.95)) > radius(at(0.1)));
});
