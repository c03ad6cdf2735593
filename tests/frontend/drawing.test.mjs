import assert from "node:assert/strict";
import { test } from "node:test";
import { Drawing, boxOf, countPoints, prefix } from "../../frontend/drawing.js";

const PEN = { brush: "round", colour: "", width: 36 };
const at = (x, y) => ({ x, y, t: 0, pressure: 0.5 });

function drawn(...lines) {
  const drawing = new Drawing();
  for (const [first, ...rest] of lines) {
    drawing.begin(at(...first), PEN);
    drawing.extend(rest.map(([x, y]) => at(x, y)));
    drawing.end();
  }
  return drawing;
}

test("a stroke grows while the pen is down and stops when it is lifted", () => {
  const drawing = drawn([[0, 0], [10, 0]]);
  drawing.extend([at(50, 50)]);
  assert.equal(drawing.points, 2);
});

test("points closer than can be seen are left out", () => {
  assert.equal(drawn([[0, 0], [0.1, 0], [0.2, 0.1], [5, 0]]).points, 2);
});

test("adding ink keeps the generation, taking it away raises it", () => {
  const drawing = drawn([[0, 0], [10, 0]], [[0, 5], [10, 5]]);
  assert.equal(drawing.rev, 0);
  drawing.undo();
  assert.equal(drawing.rev, 1);
  drawing.redo();
  assert.equal(drawing.rev, 2);
  drawing.clear();
  assert.equal(drawing.rev, 3);
});

test("undo takes the last stroke back, redo returns it", () => {
  const drawing = drawn([[0, 0]], [[9, 9]]);
  drawing.undo();
  assert.deepEqual(drawing.strokes.map((stroke) => stroke.points[0].x), [0]);
  drawing.redo();
  assert.deepEqual(drawing.strokes.map((stroke) => stroke.points[0].x), [0, 9]);
  assert.equal(drawing.canRedo, false);
});

test("clear can be undone", () => {
  const drawing = drawn([[0, 0]], [[9, 9]]);
  drawing.clear();
  assert.equal(drawing.isBlank, true);
  drawing.undo();
  assert.equal(drawing.strokes.length, 2);
});

test("clearing a blank page changes nothing", () => {
  const drawing = new Drawing();
  drawing.clear();
  assert.deepEqual([drawing.rev, drawing.canUndo], [0, false]);
});

test("new ink after an undo forgets what was undone", () => {
  const drawing = drawn([[0, 0]]);
  drawing.undo();
  drawing.begin(at(1, 1), PEN);
  assert.equal(drawing.canRedo, false);
});

test("undo under the pen takes that stroke away", () => {
  const drawing = drawn([[0, 0]]);
  drawing.begin(at(1, 1), PEN);
  drawing.undo();
  drawing.extend([at(40, 40)]);
  assert.deepEqual([drawing.strokes.length, drawing.open], [1, null]);
});

test("a cancelled contact leaves no ink, no history and a new generation", () => {
  const drawing = new Drawing();
  drawing.begin(at(1, 1), PEN);
  drawing.cancel();
  assert.deepEqual([drawing.isBlank, drawing.canUndo, drawing.rev], [true, false, 1]);
});

test("a cancelled contact leaves what could be redone", () => {
  const drawing = drawn([[0, 0]], [[9, 9]]);
  drawing.undo();
  drawing.begin(at(1, 1), PEN);
  drawing.cancel();
  drawing.redo();
  assert.deepEqual(drawing.strokes.map((stroke) => stroke.points[0].x), [0, 9]);
});

test("erasing one stroke is one step of history", () => {
  const drawing = drawn([[0, 0]], [[5, 5]], [[9, 9]]);
  drawing.erase(1);
  assert.deepEqual(drawing.strokes.map((stroke) => stroke.points[0].x), [0, 9]);
  drawing.undo();
  assert.equal(drawing.strokes.length, 3);
});

test("every change is said as it happens", () => {
  const drawing = new Drawing();
  const said = [];
  drawing.changed.listen((change) => said.push(change));
  drawing.begin(at(0, 0), PEN);
  drawing.extend([at(0, 0)]);
  drawing.extend([at(9, 0)]);
  drawing.end();
  drawing.undo();
  assert.deepEqual(said, ["began", "grew", "ended", "rewritten"]);
});

test("a prefix cuts the stroke that it ends in", () => {
  const { strokes } = drawn([[0, 0], [10, 0]], [[0, 5], [10, 5], [20, 5]]);
  assert.deepEqual(prefix(strokes, 3).map((stroke) => stroke.points.length), [2, 1]);
  assert.equal(countPoints(prefix(strokes, 99)), 5);
  assert.deepEqual(prefix(strokes, 0), []);
});

test("a snapshot is of all there is, and goes on growing, or of the beginning", () => {
  const drawing = drawn([[0, 0], [10, 0]]);
  drawing.begin(at(0, 5), PEN);
  const [all, beginning] = [drawing.snapshot(), drawing.snapshot(1)];
  drawing.extend([at(10, 5)]);
  assert.deepEqual([all, beginning].map(({ strokes }) => countPoints(strokes)), [4, 1]);
});

test("the box holds all ink, and a blank page has none", () => {
  assert.deepEqual(boxOf(drawn([[3, 9], [10, 4]]).strokes), { left: 3, top: 4, width: 7, height: 5 });
  assert.equal(boxOf([]), null);
});
