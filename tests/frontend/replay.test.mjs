import assert from "node:assert/strict";
import { test } from "node:test";
import { Drawing, countPoints } from "../../frontend/drawing.js";
import { Replay, dueTimes } from "../../frontend/replay.js";
import { FakeClock, FakeFrames } from "./fakes.mjs";

const stroke = (...times) => ({ points: times.map((t, i) => ({ x: 10 * i, y: 0, t, pressure: 0.5 })), pen: {} });

function staged() {
  const [clock, frames] = [new FakeClock(), new FakeFrames()];
  const drawing = new Drawing([stroke(100, 120, 140), stroke(5000, 5020)]);
  const [looked, asked] = [[], []];
  const replay = new Replay(drawing, {
    look: (points) => looked.push(points),
    ask: ({ strokes }) => asked.push(countPoints(strokes)),
    clock,
    nextFrame: frames.next,
  });
  const run = (ms) => {
    clock.advance(ms);
    frames.run();
  };
  return { drawing, replay, looked, asked, run };
}

test("it keeps the hand's rhythm and cuts long rests", () => {
  assert.deepEqual(dueTimes([stroke(100, 120, 140), stroke(5000, 5020)]), [0, 20, 40, 340, 360]);
});

test("a clock that jumped back between two pages is a rest", () => {
  assert.deepEqual(dueTimes([stroke(9000, 9010), stroke(5, 15)]), [0, 10, 310, 320]);
});

test("it looks along the drawing, asks about each beginning, and ends in the present", () => {
  const { replay, looked, asked, run } = staged();
  replay.play();
  run(25);
  run(340);
  assert.deepEqual(looked, [1, 2, null]);
  assert.deepEqual(asked, [1, 2, 5]);
  assert.equal(replay.isPlaying, false);
});

test("stopping leaves it where it is, with the whole drawing asked about last", () => {
  const { replay, looked, asked, run } = staged();
  replay.play();
  run(25);
  replay.stop();
  run(25);
  assert.deepEqual([looked, asked], [[1, 2], [1, 2, 5]]);
});

test("drawing stops it", () => {
  const { replay, drawing } = staged();
  replay.play();
  drawing.begin({ x: 0, y: 0, t: 0, pressure: 0.5 }, {});
  assert.equal(replay.isPlaying, false);
});
