import assert from "node:assert/strict";
import { test } from "node:test";
import { Latency } from "../../frontend/latency.js";
import { Signal } from "../../frontend/signal.js";
import { FakeClock } from "./fakes.mjs";

function measured() {
  const clock = new FakeClock();
  const session = { answers: new Signal(), waitingSince: null };
  const answer = (roundTripMs, batch = 1) =>
    session.answers.emit({ prediction: { timing: { queue_ms: 0.25, predict_ms: 0.5, batch } }, roundTripMs });
  return { clock, session, answer, latency: new Latency(session, clock) };
}

test("figures are medians of the last second", () => {
  const { clock, answer, latency } = measured();
  answer(500);
  clock.advance(2000);
  for (const [ms, batch] of [[4, 1], [9, 7], [5, 2]]) answer(ms, batch);
  assert.deepEqual(latency.figures, { roundTripMs: 5, serverMs: 0.75, batch: 2, perSecond: 3 });
});

test("the last figures stay when the pen rests, but no answers come any more", () => {
  const { clock, answer, latency } = measured();
  answer(4);
  clock.advance(60_000);
  assert.deepEqual([latency.figures.roundTripMs, latency.figures.perSecond], [4, 0]);
});

test("an answer that is owed is a wait that grows", () => {
  const { clock, session, latency } = measured();
  assert.equal(latency.waitingMs, 0);
  session.waitingSince = 0;
  clock.advance(1500);
  assert.equal(latency.waitingMs, 1500);
});
