import assert from "node:assert/strict";
import { test } from "node:test";
import { centreOf, cropOf } from "../../frontend/normalise.js";

const line = (...points) => ({ points: points.map(([x, y]) => ({ x, y })), pen: {} });

test("the crop is the ink's box, widened to a square about its middle", () => {
  const { side, left, top } = cropOf([line([100, 200], [140, 600])]);
  assert.deepEqual([side, left, top], [400, -80, 200]);
});

test("a dot has a crop, a blank page none", () => {
  assert.equal(cropOf([line([5, 5])]).side, 1);
  assert.equal(cropOf([]), null);
});

test("the centre of mass weighs pixels by their ink", () => {
  assert.deepEqual(centreOf(Uint8Array.from([0, 0, 0, 0, 255, 0, 0, 0, 0]), 3), { x: 1.5, y: 1.5 });
  assert.deepEqual(centreOf(Uint8Array.from([100, 0, 0, 100]), 2), { x: 1, y: 1 });
  assert.equal(centreOf(new Uint8Array(9), 3), null);
});
