import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection, socketAddress } from "../../frontend/connection.js";
import { FakeClock, FakeNetwork } from "./fakes.mjs";

function opened({ random = () => 1 } = {}) {
  const [clock, network] = [new FakeClock(), new FakeNetwork()];
  const connection = new Connection("ws://x/v1/live", { open: network.open, clock, random });
  connection.open();
  return { clock, network, connection };
}

test("it is ready at the ready frame, not at the open socket", () => {
  const { network, connection } = opened();
  assert.equal(connection.state, "connecting");
  network.last.ready();
  assert.equal(connection.state, "ready");
});

test("a lost socket is replaced, with growing pauses up to a bound", () => {
  const { clock, network, connection } = opened();
  const pauses = [];
  for (let i = 0; i < 8; i++) {
    network.last.lose();
    assert.equal(connection.state, "waiting");
    pauses.push(connection.retryAt - clock.now());
    clock.advance(pauses[i]);
    assert.equal(connection.state, "connecting");
  }
  assert.deepEqual(pauses, [250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
});

test("pauses are spread at random, over half their length", () => {
  const { clock, network, connection } = opened({ random: () => 0 });
  network.last.lose();
  assert.equal(connection.retryAt - clock.now(), 125);
});

test("being ready once makes the pauses short again", () => {
  const { clock, network, connection } = opened();
  for (let i = 0; i < 4; i++) {
    network.last.lose();
    clock.advance(8000);
  }
  network.last.ready();
  network.last.lose();
  assert.equal(connection.retryAt - clock.now(), 250);
});

test("after goaway it comes back no sooner than asked", () => {
  const { clock, network, connection } = opened();
  network.last.ready();
  network.last.say({ type: "goaway", reason: "restart", after_ms: 1000 });
  network.last.lose(1012);
  assert.equal(connection.retryAt - clock.now(), 1250);
});

test("an overloaded server is left alone for seconds", () => {
  const { clock, network, connection } = opened();
  network.last.lose(1013);
  assert.equal(connection.retryAt - clock.now(), 4000);
});

test("a socket that never gets ready is given up", () => {
  const { clock, network, connection } = opened();
  const [silent] = network.sockets;
  clock.advance(10_000);
  assert.equal(silent.isClosed, true);
  assert.equal(connection.state, "waiting");
});

test("retry does not wait for the pause, and opens one socket only", () => {
  const { clock, network, connection } = opened();
  network.last.lose();
  connection.retry();
  clock.advance(60);
  assert.equal(network.sockets.length, 2);
  network.last.ready();
  clock.advance(60_000);
  assert.equal(network.sockets.length, 2);
});

test("what an abandoned socket still says is not heard", () => {
  const { network, connection } = opened();
  const [old] = network.sockets;
  old.ready();
  connection.restart();
  connection.retry();
  old.ready();
  assert.equal(connection.state, "connecting");
});

test("closed means closed", () => {
  const { clock, network, connection } = opened();
  connection.close();
  clock.advance(60_000);
  assert.deepEqual([connection.state, network.sockets.length], ["idle", 1]);
});

test("the socket lies beside the page, also below a prefix and behind TLS", () => {
  assert.equal(String(socketAddress("https://a.example/digits/?x=1#y")), "wss://a.example/digits/v1/live");
  assert.equal(String(socketAddress("http://127.0.0.1:8000/")), "ws://127.0.0.1:8000/v1/live");
});

test("refused for good, it waits until it is asked to try again", () => {
  const { clock, network, connection } = opened();
  network.last.lose();
  connection.explain("The server asks for a token", true);
  assert.deepEqual([connection.state, connection.reason], ["refused", "The server asks for a token"]);
  clock.advance(60_000);
  assert.equal(network.sockets.length, 1);
  connection.retry();
  network.last.ready();
  assert.deepEqual([connection.state, connection.reason], ["ready", ""]);
});

test("a server that is full is asked again, and the reason is said meanwhile", () => {
  const { clock, network, connection } = opened();
  network.last.lose();
  connection.explain("The server is full", false);
  assert.equal(connection.state, "waiting");
  clock.advance(250);
  assert.equal(network.sockets.length, 2);
  connection.explain("too late to matter", true);
  assert.deepEqual([connection.state, connection.reason], ["connecting", "The server is full"]);
});
