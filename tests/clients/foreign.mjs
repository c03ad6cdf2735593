// A client written from the protocol's text alone, in another language and without a websocket library:
// draws the digits it is given, stroke by stroke, and prints every message it gets back as a line of JSON.
//
//   node foreign.mjs ws://127.0.0.1:8000/v1/live drawings.json
//
// drawings.json: a list of drawings, each a list of strokes, each a list of [x, y].

import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:http";

const [address, file] = process.argv.slice(2);
const drawings = JSON.parse(readFileSync(file, "utf8"));
const TEXT = 1, BINARY = 2, CLOSE = 8;

const key = randomBytes(16).toString("base64");
const handshake = request(address.replace(/^ws/, "http"), {
  headers: {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": key,
    "Sec-WebSocket-Protocol": "live-digits.v1",
  },
});
handshake.on("response", (response) => {
  console.error(`refused with ${response.statusCode}`);
  process.exit(1);
});
handshake.on("upgrade", (response, socket, head) => {
  const expected = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  if (response.headers["sec-websocket-accept"] !== expected) throw new Error("wrong accept key");
  if (response.headers["sec-websocket-protocol"] !== "live-digits.v1") throw new Error("wrong subprotocol");
  converse(socket, head);
});
handshake.end();

function converse(socket, head) {
  let unread = Buffer.from(head);
  let seq = 0;
  const pending = snapshots();

  const take = () => {
    let message;
    while ((message = takeFrame())) {
      console.log(JSON.stringify(message));
      const isAnswer = message.type === "prediction" && message.seq === seq - 1;
      if (message.type === "ready" || isAnswer) drawOn();
    }
  };
  const drawOn = () => {
    const next = pending.next();
    if (next.done) return socket.end(frame(CLOSE, Buffer.from([3, 232])));
    for (const snapshot of next.value) socket.write(snapshot(seq++));
  };
  const takeFrame = () => {
    if (unread.length < 2) return null;
    let [length, start] = [unread[1] & 127, 2];
    if (length === 126) {
      if (unread.length < 4) return null;
      [length, start] = [unread.readUInt16BE(2), 4];
    }
    if (length === 127) throw new Error("a longer frame than any answer has");
    if (unread.length < start + length) return null;
    const opcode = unread[0] & 15;
    const payload = unread.subarray(start, start + length);
    unread = unread.subarray(start + length);
    return opcode === TEXT ? JSON.parse(payload.toString("utf8")) : { type: "frame", opcode };
  };

  socket.on("data", (data) => {
    unread = Buffer.concat([unread, data]);
    take();
  });
  take();
}

// Each drawing as JSON up to its middle, then in binary to its end and once more, all in one go.
function* snapshots() {
  for (const [rev, strokes] of drawings.entries()) {
    const half = strokes.map((points) => points.slice(0, Math.ceil(points.length / 2)));
    yield [(seq) => frame(TEXT, Buffer.from(JSON.stringify({ type: "ink", seq, rev, strokes: half })))];
    yield [strokes, strokes].map((all) => (seq) => frame(BINARY, binaryInk(seq, rev, all)));
  }
}

function binaryInk(seq, rev, strokes) {
  const points = strokes.flat();
  const data = Buffer.alloc(12 + 2 * strokes.length + 4 * points.length);
  data.writeUInt8(1, 0);
  data.writeUInt16LE(strokes.length, 2);
  data.writeUInt32LE(seq, 4);
  data.writeUInt32LE(rev, 8);
  let at = 12;
  for (const stroke of strokes) at = data.writeUInt16LE(stroke.length, at);
  for (const [x, y] of points) at = data.writeInt16LE(y, data.writeInt16LE(x, at));
  return data;
}

function frame(opcode, payload) {
  const mask = randomBytes(4);
  const length = payload.length < 126 ? [128 | payload.length] : [128 | 126, payload.length >> 8, payload.length & 255];
  const masked = payload.map((byte, i) => byte ^ mask[i % 4]);
  return Buffer.concat([Buffer.from([128 | opcode, ...length]), mask, masked]);
}
