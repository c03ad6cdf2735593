import assert from "node:assert/strict";
import { test } from "node:test";
import { strokeAt } from "../../frontend/eraser.js";

const line = (...points) => ({ points: points.map(([x, y]) => ({ x, y })), pen: { width: 20 } });
const CROSS = [line([0, 500], [1000, 500]), line([500, 0], [500, 1000])];
const at = (x, y) => strokeAt(CROSS, { x, y }, { x, y });

test("it finds the stroke under it, the topmost where two cross", () => {
  assert.equal(at(100, 505), 0);
  assert.equal(at(500, 500), 1);
});

test("beside the ink it finds nothing", () => {
  assert.equal(at(100, 540), -1);
});

test("a quick sweep between two events still finds what it crossed", () => {
  assert.equal(strokeAt(CROSS, { x: 200, y: 300 }, { x: 200, y: 700 }), 0);
});

test("a dot can be erased", () => {
  assert.equal(strokeAt([line([50, 50])], { x: 55, y: 50 }, { x: 55, y: 50 }), 0);
});
