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
  assert.deepEqual([reading.shown.digit, reading.shown.runnerUp], [7, 1]);
});

test("clear and undo empty the belief at once", () => {
  for (const take of ["clear", "undo"]) {
    const { drawing, reading } = read();
    drawing[take]();
    assert.equal(reading.shown.verdict, "blank");
  }
});

test("an answer from before a clear is never believed", () => {
  const { drawing, reading } = read();
  drawing.clear();
  reading.accept({ prediction: prediction(0), points: 1, roundTripMs: 1 });
  assert.equal(reading.shown.verdict, "blank");
});

const answer = (points, digit, rev = 0) => ({
  prediction: { ...prediction(rev), digit, probabilities: prediction(0).probabilities },
  points,
  roundTripMs: 1,
});

function written() {
  const drawing = new Drawing();
  const reading = new Reading(drawing);
  for (const y of [0, 100]) {
    drawing.begin({ x: 0, y, t: 0, pressure: 0.5 }, PEN);
    drawing.extend([10, 20, 30].map((x) => ({ x, y, t: x, pressure: 0.5 })));
    drawing.end();
  }
  for (const [points, digit] of [[2, 1], [4, 7], [6, 2], [8, 3]]) reading.accept(answer(points, digit));
  return { drawing, reading };
}

test("earlier beliefs can be looked at, and the present again", () => {
  const { reading } = written();
  reading.look(5);
  assert.equal(reading.shown.digit, 7);
  reading.look(1);
  assert.equal(reading.shown.verdict, "unread");
  reading.look(null);
  assert.equal(reading.shown.digit, 3);
});

test("new ink brings the present back", () => {
  const { drawing, reading } = written();
  reading.look(4);
  drawing.begin({ x: 5, y: 5, t: 0, pressure: 0.5 }, PEN);
  assert.equal(reading.lookedAt, null);
});

test("undo keeps the history of the strokes that stay, and what was believed of just these", () => {
  const { drawing, reading } = written();
  drawing.undo();
  assert.deepEqual(reading.moments.map(({ points }) => points), [2, 4]);
  assert.equal(reading.shown.digit, 7);
});

test("ink that no answer was about is not read yet, and never blank", () => {
  const { drawing, reading } = written();
  drawing.erase(0);
  assert.equal(reading.shown.verdict, "unread");
  drawing.clear();
  assert.equal(reading.shown.verdict, "blank");
});

test("what a replay asks about the beginning fills the history and is no news", () => {
  const { reading } = written();
  reading.accept(answer(3, 9));
  reading.accept(answer(4, 5));
  assert.equal(reading.shown.digit, 3);
  assert.deepEqual(reading.moments.map(({ belief }) => belief.digit), [1, 9, 5, 2, 3]);
});

test("a reset forgets everything", () => {
  const { reading } = written();
  reading.reset();
  assert.deepEqual([reading.moments, reading.shown.verdict], [[], "unread"]);
});
