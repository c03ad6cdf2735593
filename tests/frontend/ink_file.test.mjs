import assert from "node:assert/strict";
import { test } from "node:test";
import { boxOf } from "../../frontend/drawing.js";
import { readInk, writeInk } from "../../frontend/ink_file.js";

const STROKES = [
  {
    points: [{ x: 1.25, y: 2, t: 0, pressure: 0.5 }, { x: 30, y: 40, t: 16, pressure: 0.7 }],
    pen: { brush: "marker", colour: "#d55e00", width: 24 },
  },
];

test("ink comes back as it was saved", () => {
  assert.deepEqual(readInk(JSON.parse(JSON.stringify(writeInk(STROKES)))), STROKES);
});

test("the strokes in a file are those of the protocol", () => {
  assert.deepEqual(writeInk(STROKES).strokes, [[[1.25, 2, 0, 0.5], [30, 40, 16, 0.7]]]);
});

test("ink in other units is put in the middle of the page", () => {
  const box = boxOf(readInk({ strokes: [[[-2, 0], [-1, 0]], [], [[-1, 4]]] }));
  assert.deepEqual(box, { left: 412.5, top: 150, width: 175, height: 700 });
});

test("what is no ink is refused, saying what was expected", () => {
  for (const file of [null, {}, { strokes: 3 }, { strokes: [5] }, { strokes: [[["a", 1]]] }, { strokes: [[[1]]] }]) {
    assert.throws(() => readInk(file), /Expected/);
  }
});

test("a pen that makes no sense becomes the plain one", () => {
  const [{ pen }] = readInk({ strokes: [[[1, 1]]], pens: [{ brush: 7, colour: "url(x)", width: -1 }] });
  assert.deepEqual(pen, { brush: "round", colour: "", width: 36 });
});
