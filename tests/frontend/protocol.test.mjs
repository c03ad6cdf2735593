import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encodeConfigure, encodeInk, imageOf } from "../../frontend/protocol.js";

const stroke = (...points) => ({ points: points.map(([x, y]) => ({ x, y, t: 0, pressure: 0.5 })), pen: {} });

/** Reads a frame by the protocol's words alone. */
function read(buffer) {
  const view = new DataView(buffer);
  const n = view.getUint16(2, true);
  let at = 12 + 2 * n;
  const strokes = Array.from({ length: n }, (_, i) =>
    Array.from({ length: view.getUint16(12 + 2 * i, true) }, () => {
      at += 4;
      return [view.getInt16(at - 4, true), view.getInt16(at - 2, true)];
    }),
  );
  assert.equal(at, buffer.byteLength);
  const [kind, form] = [view.getUint8(0), view.getUint8(1)];
  return { kind, form, seq: view.getUint32(4, true), rev: view.getUint32(8, true), strokes };
}

test("ink is one little-endian frame, finer than a pixel", () => {
  const strokes = [stroke([0, 0], [1, 2.5]), stroke([-3, 500.25])];
  assert.deepEqual(read(encodeInk({ seq: 4_000_000_000, rev: 7, strokes })), {
    kind: 1,
    form: 0,
    seq: 4_000_000_000,
    rev: 7,
    strokes: [[[0, 0], [16, 40]], [[-48, 8004]]],
  });
});

test("a blank drawing is a header alone", () => {
  assert.equal(encodeInk({ seq: 1, rev: 0, strokes: [] }).byteLength, 12);
});

test("ink far off the page shrinks as a whole and keeps its shape", () => {
  const [[a, b, c]] = read(encodeInk({ seq: 1, rev: 0, strokes: [stroke([0, 0], [100_000, 0], [0, 50_000])] })).strokes;
  assert.deepEqual([a, b], [[0, 0], [32767, 0]]);
  assert.equal(Math.round(b[0] / c[1]), 2);
});

test("more points than the server takes are thinned evenly and keep both ends", () => {
  const line = stroke(...Array.from({ length: 1000 }, (_, i) => [i, 0]));
  const [points] = read(encodeInk({ seq: 1, rev: 0, strokes: [line] }, { points: 100 })).strokes;
  assert.ok(points.length <= 100 && points.length > 45);
  assert.deepEqual([points[0][0], points.at(-1)[0]], [0, 999 * 16]);
});

test("more strokes than the server takes are thinned evenly, and the newest is kept", () => {
  const sent = (count) => {
    const strokes = Array.from({ length: count }, (_, i) => stroke([i, 0]));
    return read(encodeInk({ seq: 1, rev: 0, strokes }, { strokes: 256 })).strokes.map(([[x]]) => x / 16);
  };
  assert.deepEqual(sent(256), [...Array(256).keys()]);
  for (const count of [257, 300, 511, 512, 1900]) {
    const places = sent(count);
    assert.deepEqual([places.length, places.at(-1)], [256, count - 1]);
    const gaps = places.map((place, i) => place - (places[i - 1] ?? -1));
    assert.ok(Math.max(...gaps) - Math.min(...gaps) <= 1, `${count}: gaps of ${new Set(gaps)}`);
  }
});

test("a frame keeps under the server's size", () => {
  const strokes = Array.from({ length: 40 }, () => stroke(...Array.from({ length: 90 }, (_, i) => [i, i])));
  assert.ok(encodeInk({ seq: 1, rev: 0, strokes }, { frame_bytes: 4096 }).byteLength <= 4096);
});

test("configure leaves the model to the server unless one is chosen", () => {
  assert.deepEqual(JSON.parse(encodeConfigure("", ["input"])), { type: "configure", include: ["input"] });
  assert.equal(JSON.parse(encodeConfigure("mlp", [])).model, "mlp");
});

test("messages of a newer server are passed over", () => {
  assert.equal(decode('{"type": "poem"}'), null);
  assert.equal(decode('{"type": "goaway", "reason": "restart", "after_ms": 5}').type, "goaway");
});

test("the image is 784 bytes, and absent where it was not asked for", () => {
  const input = Buffer.from(Array.from({ length: 784 }, (_, i) => i % 256)).toString("base64");
  const image = imageOf({ input });
  assert.equal(image.length, 784);
  assert.equal(image[300], 300 % 256);
  assert.equal(imageOf({}), null);
});
