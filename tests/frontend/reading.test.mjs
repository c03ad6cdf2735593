import assert from "node:assert/strict";
import { test } from "node:test";
import { Drawing } from "../../frontend/drawing.js";
import { Reading } from "../../frontend/reading.js";

const PEN = { brush: "round", colour: "", width: 36 };
const prediction = (rev) => ({
  rev,
  verdict: "digit",
  digit: 7,
  confidence: 0.8,
  probabilities: [0, 0.15, 0, 0, 0, 0, 0.05, 0.8, 0, 0],
});

function read() {
  const drawing = new Drawing();
  const reading = new Reading(drawing);
  drawing.begin({ x: 0, y: 0, t: 0, pressure: 0.5 }, PEN);
  drawing.end();
  reading.accept({ prediction: prediction(0), points: 1, roundTripMs: 1 });
  return { drawing, reading };
}

test("an answer becomes the belief, with the runner-up named", () => {
  const { reading } = read();
  assert.deepEqual([reading.now.digit, reading.now.runnerUp], [7, 1]);
});

test("clear and undo empty the belief at once", () => {
  for (const take of ["clear", "undo"]) {
    const { drawing, reading } = read();
    drawing[take]();
    assert.equal(reading.now.verdict, "blank");
  }
});

test("an answer from before a clear is never believed", () => {
  const { drawing, reading } = read();
  drawing.clear();
  reading.accept({ prediction: prediction(0), points: 1, roundTripMs: 1 });
  assert.equal(reading.now.verdict, "blank");
});
