import assert from "node:assert/strict";
import { test } from "node:test";
import { spansOf } from "../../frontend/timeline.js";

const moments = (...points) => points.map((at) => ({ points: at, belief: at }));

test("a belief holds until the next", () => {
  assert.deepEqual(spansOf(moments(3, 5), 9, 0.5), [
    { from: 5, to: 9, belief: 5 },
    { from: 3, to: 5, belief: 3 },
  ]);
});

test("a column of pixels is painted once, and the newest belief always", () => {
  const spans = spansOf(moments(...Array.from({ length: 1000 }, (_, i) => i + 1)), 1000, 10);
  assert.equal(spans.length, 100);
  assert.equal(spans[0].belief, 1000);
  spans.slice(1).reduce((later, { from, to }) => (assert.equal(to, later), from), 1000);
});
