import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection } from "../../frontend/connection.js";
import { Session } from "../../frontend/session.js";
import { FakeClock, FakeFrames, FakeNetwork } from "./fakes.mjs";

const snapshot = (points, rev = 0) => ({
  rev,
  strokes: [{ points: Array.from({ length: points }, (_, x) => ({ x, y: 0, t: x, pressure: 0.5 })), pen: {} }],
});

function started({ limits = {}, isReady = true } = {}) {
  const [clock, network, frames] = [new FakeClock(), new FakeNetwork(), new FakeFrames()];
  const connection = new Connection("ws://x", { open: network.open, clock, random: () => 1 });
  const session = new Session(connection, { clock, nextFrame: frames.next });
  connection.open();
  if (isReady) network.last.ready(limits);
  return { clock, network, frames, connection, session };
}

/** What a socket was sent: seq and number of points of every ink frame. */
function inks(socket) {
  return socket.sent
    .filter((data) => data instanceof ArrayBuffer)
    .map((data) => ({ seq: new DataView(data).getUint32(4, true), points: (data.byteLength - 14) / 4 }));
}

const answer = (seq, rev = 0) => ({ type: "prediction", seq, rev, verdict: "blank", dropped: 0, timing: {} });

test("every session asks for the model's image before it sends ink", () => {
  const { network, session } = started({ isReady: false });
  session.offer(snapshot(2));
  network.last.ready();
  assert.deepEqual(JSON.parse(network.last.sent[0]), { type: "configure", include: ["input"] });
  assert.equal(inks(network.last).length, 1);
});

test("the first snapshot goes out at once, later ones a frame at a time, newest wins", () => {
  const { clock, network, frames, session } = started();
  for (const points of [1, 2, 3, 4]) session.offer(snapshot(points));
  assert.deepEqual(inks(network.last), [{ seq: 1, points: 1 }]);
  clock.advance(16);
  frames.run();
  assert.deepEqual(inks(network.last), [{ seq: 1, points: 1 }, { seq: 2, points: 4 }]);
});

test("a fast screen does not send faster than 60 Hz allows", () => {
  const { clock, network, frames, session } = started();
  for (let i = 1; i <= 24; i++) {
    session.offer(snapshot(i));
    clock.advance(1000 / 240);
    frames.run();
  }
  assert.ok(inks(network.last).length <= 9);
});

test("it keeps below the server's snapshots per second", () => {
  const { clock, network, frames, session } = started({ limits: { snapshots_per_s: 10 } });
  for (let i = 1; i <= 60; i++) {
    session.offer(snapshot(i));
    clock.advance(1000 / 60);
    frames.run();
  }
  assert.ok(inks(network.last).length <= 9);
});

test("while the network is backed up the newest snapshot is held, and sent when it has drained", () => {
  const { clock, network, frames, session } = started();
  network.last.bufferedAmount = 100_000;
  for (const points of [1, 2, 3]) {
    session.offer(snapshot(points));
    clock.advance(16);
    frames.run();
  }
  assert.deepEqual(inks(network.last), []);
  network.last.bufferedAmount = 0;
  frames.run();
  assert.deepEqual(inks(network.last), [{ seq: 1, points: 3 }]);
});

test("after a reconnect the last snapshot is sent again, with a higher seq", () => {
  const { clock, network, session } = started();
  session.offer(snapshot(5));
  network.last.lose();
  clock.advance(1000);
  network.last.ready();
  assert.deepEqual(inks(network.last), [{ seq: 2, points: 5 }]);
});

test("an answer comes with its round trip and how much of the drawing it answers", () => {
  const { clock, network, session } = started();
  const heard = [];
  session.answers.listen(({ points, roundTripMs }) => heard.push({ points, roundTripMs }));
  session.offer(snapshot(5));
  assert.equal(session.waitingSince, 0);
  clock.advance(7);
  network.last.say(answer(1));
  assert.deepEqual(heard, [{ points: 5, roundTripMs: 7 }]);
  assert.equal(session.waitingSince, null);
});

test("a retryable error about the newest snapshot has it sent again", () => {
  const { clock, network, session } = started();
  session.offer(snapshot(5));
  network.last.say({ type: "error", code: "overloaded", message: "", seq: 1, retryable: true });
  clock.advance(1000);
  assert.deepEqual(inks(network.last).map(({ seq }) => seq), [1, 2]);
});

test("an error that would only come again is not asked for twice", () => {
  const { clock, network, session } = started();
  session.offer(snapshot(5));
  network.last.say({ type: "error", code: "too_large", message: "", seq: 1, retryable: false });
  clock.advance(9000);
  assert.equal(inks(network.last).length, 1);
});

test("a server that owes an answer for ten seconds is called anew", () => {
  const { clock, network, session, connection } = started();
  session.offer(snapshot(5));
  clock.advance(10_000);
  assert.equal(connection.state, "waiting");
  clock.advance(300);
  network.last.ready();
  assert.deepEqual(inks(network.last), [{ seq: 2, points: 5 }]);
});

test("a server that answers within ten seconds, or has nothing to answer, is left alone", () => {
  const { clock, network, session, connection } = started();
  for (let seq = 1; seq <= 3; seq++) {
    session.offer(snapshot(seq));
    clock.advance(6000);
    network.last.say(answer(seq));
    clock.advance(1000);
  }
  clock.advance(30_000);
  session.offer(snapshot(4));
  clock.advance(9999);
  assert.equal(connection.state, "ready");
  clock.advance(1);
  assert.equal(connection.state, "waiting");
});

test("a server that owes an answer is not excused by more that it is asked", () => {
  const { clock, network, session, connection } = started();
  for (let i = 0; i < 9; i++) {
    session.offer(snapshot(i + 1));
    clock.advance(1000);
  }
  assert.equal(inks(network.last).length, 9);
  assert.equal(connection.state, "ready");
  clock.advance(1000);
  assert.equal(connection.state, "waiting");
});

test("a connection that was lost does not count against the next", () => {
  const { clock, network, session, connection } = started();
  session.offer(snapshot(5));
  clock.advance(9000);
  network.last.lose();
  clock.advance(300);
  network.last.ready();
  clock.advance(9999);
  assert.equal(connection.state, "ready");
  clock.advance(1);
  assert.equal(connection.state, "waiting");
});

test("a chosen model that this server does not have is left to the server", () => {
  const { network, session } = started();
  session.choose("gone");
  assert.deepEqual(JSON.parse(network.last.sent.at(-1)), { type: "configure", include: ["input"] });
  session.choose("classic");
  assert.equal(JSON.parse(network.last.sent.at(-1)).model, "classic");
});
