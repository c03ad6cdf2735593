import assert from "node:assert/strict";
import { test } from "node:test";
import { Drawing } from "../../frontend/drawing.js";
import { Reading } from "../../frontend/reading.js";
import { Signal } from "../../frontend/signal.js";
import { tint } from "../../frontend/tints.js";
import { Why } from "../../frontend/why.js";
import { contrast } from "../../frontend/colours.js";

const PAGE = "#ffffff";
const point = (x) => ({ x: 10 * x, y: 0, t: x, pressure: 0.5 });
const line = (points) => ({ points: Array.from({ length: points }, (_, x) => point(x)), pen: {} });

function started(points) {
  const drawing = new Drawing([line(points)]);
  const reading = new Reading(drawing);
  const session = { answers: new Signal(), explanations: new Signal(), wanted: [], explain: (is) => session.wanted.push(is) };
  session.answers.listen((answer) => reading.accept(answer));
  const settings = { values: { explains: true }, changed: new Signal() };
  const why = new Why({ drawing, reading, session, settings });
  const answer = (seq, digit) => {
    const prediction = { seq, rev: drawing.rev, verdict: "digit", digit, probabilities: Array(10).fill(0.1) };
    session.answers.emit({ prediction, points: drawing.points, roundTripMs: 1 });
  };
  const explain = (seq, end, weights, rev = drawing.rev) => {
    const scores = Array.from({ length: 10 }, (_, digit) => digit / 10);
    const pieces = [{ stroke: 0, start: 0, end, weights }];
    session.explanations.emit({ seq, rev, digit: 7, scores, blanks: Array(10).fill(0), pieces });
  };
  return { drawing, session, settings, why, answer, explain };
}

/** Weights for 7, and against 9. */
const WEIGHTS = [0, 0, 0, 0, 0, 0, 0, 0.5, 0, -0.5];

test("pieces have the colour of what they say about the digit that is read, or asked about", () => {
  const { why, answer, explain, session } = started(3);
  assert.deepEqual(session.wanted, [true]);
  answer(1, 7);
  explain(1, 3, WEIGHTS);
  assert.deepEqual(why.tintsOn(PAGE).map(({ colour }) => colour), [tint(1, PAGE)]);
  why.ask(9);
  assert.deepEqual(why.tintsOn(PAGE).map(({ colour }) => colour), [tint(-1, PAGE)]);
  assert.deepEqual(why.scores, { score: 0.9, blank: 0 });
  why.ask(null);
  assert.equal(why.digit, 7);
});

test("an explanation of older ink is not taken for one of all of it", () => {
  const { drawing, why, answer, explain } = started(3);
  answer(1, 7);
  explain(1, 3, WEIGHTS);
  assert.ok(why.isCurrent);
  drawing.begin(point(50), {});
  assert.ok(!why.isCurrent);
  assert.equal(why.tintsOn(PAGE)[0].end, 3);
});

test("nothing is shown of a drawing that is gone, nor of an answer that was not heard", () => {
  const { drawing, why, answer, explain } = started(3);
  answer(1, 7);
  explain(2, 3, WEIGHTS);
  assert.equal(why.points, 0);
  explain(1, 3, WEIGHTS);
  drawing.clear();
  assert.equal(why.points, 0);
  explain(1, 3, WEIGHTS, 0);
  assert.deepEqual(why.tintsOn(PAGE), []);
});

test("pieces that do not reach to the last point are not shown: points were left out", () => {
  const { why, answer, explain } = started(9);
  answer(1, 7);
  explain(1, 5, WEIGHTS);
  assert.equal(why.points, 0);
});

test("who no longer wants explanations gets none", () => {
  const { why, settings, session, answer, explain } = started(3);
  answer(1, 7);
  explain(1, 3, WEIGHTS);
  settings.values = { explains: false };
  settings.changed.emit(settings.values);
  assert.deepEqual(session.wanted, [true, false]);
  assert.deepEqual(why.tintsOn(PAGE), []);
});

test("every tint is seen on every page, and for is told from against", () => {
  for (const page of ["#fffefb", "#1a1c22", "#f7edd8", "#1f3a34"]) {
    for (let share = -1; share <= 1; share += 0.1) assert.ok(contrast(tint(share, page), page) >= 3, `${share} on ${page}`);
    assert.notEqual(tint(1, page), tint(-1, page));
  }
});
