import assert from "node:assert/strict";
import { test } from "node:test";
import { PictureBatch, csvOf, isDoubtful, jsonOf } from "../../frontend/picture_batch.js";

const PROBABILITIES = [0.01, 0, 0, 0, 0, 0, 0, 0.99, 0, 0];
const prediction = (fields = {}) => ({
  verdict: "digit",
  digit: 7,
  confidence: 0.99,
  probabilities: PROBABILITIES,
  ...fields,
});
const file = (name, type = "image/png", size = 10) => new File([new Uint8Array(size)], name, { type });

/** A server that answers every request with these lines, in pieces that break where they like. */
function answering(...lines) {
  const requests = [];
  const send = async (address, { body }) => {
    requests.push(body.getAll("picture").map(({ name }) => name));
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    return new Response(new Blob([text]).stream().pipeThrough(pieces(7)));
  };
  return { requests, batch: new PictureBatch(() => "http://x/v1/batch", send) };
}

const pieces = (size) =>
  new TransformStream({
    transform(chunk, controller) {
      for (let at = 0; at < chunk.length; at += size) controller.enqueue(chunk.subarray(at, at + size));
    },
  });

test("every picture gets its answer, in whatever order they come", async () => {
  const { batch } = answering(
    { name: "b.png", ...prediction({ digit: 2 }) },
    { name: "ä.png", error: { code: "bad_picture", message: "Expected a PNG" } },
    { pictures: 2 },
  );
  await batch.run([file("ä.png"), file("b.png")]);
  assert.deepEqual(
    batch.rows.map(({ name, belief, fault }) => [name, belief?.digit, fault]),
    [["ä.png", undefined, "Expected a PNG"], ["b.png", 2, ""]],
  );
  assert.equal(batch.isRunning, false);
});

test("files of one name have their own answers, whichever is ready first", async () => {
  const members = [{ name: "a", ...prediction({ digit: 8 }) }, { name: "a", ...prediction({ digit: 9 }) }];
  const send = async (_, { body }) => {
    const lines = body.getAll("picture").flatMap(({ name, size }) =>
      name === "many.zip" ? members : [{ name, ...prediction({ digit: size }) }],
    );
    return new Response([{ summary: {} }, ...lines].reverse().map((line) => JSON.stringify(line)).join("\n"));
  };
  const batch = new PictureBatch(() => "http://x", send);
  await batch.run([file("many.zip", "application/zip"), file("a", "", 1), file("b", "", 2), file("a", "", 3)]);
  assert.deepEqual(
    batch.rows.map(({ name, file, belief }) => [name, file?.size, belief.digit]),
    [["a", 1, 1], ["b", 2, 2], ["a", 3, 3], ["a", undefined, 9], ["a", undefined, 8]],
  );
});

test("pictures in a ZIP become rows as they are read", async () => {
  const { batch } = answering({ name: "in/1.png", ...prediction() }, { summary: {} });
  await batch.run([file("many.zip", "application/zip")]);
  assert.deepEqual(batch.rows.map(({ name, file }) => [name, file]), [["in/1.png", null]]);
});

test("a ZIP that could not be sent, was refused or broke off midway has a row that says so", async () => {
  const line = JSON.stringify({ name: "in/1.png", ...prediction() });
  const breaking = new ReadableStream({
    start: (stream) => stream.enqueue(new TextEncoder().encode(`${line}\n`)),
    pull: (stream) => stream.error(new TypeError("network error")),
  });
  const cases = [
    [async () => Promise.reject(new TypeError("Failed to fetch")), ["many.zip", /The server is out of reach/]],
    [async () => new Response("", { status: 413 }), ["many.zip", /refused \(413\)/]],
    [async () => new Response(breaking), ["in/1.png", /^$/], ["many.zip", /network error/]],
    [async () => new Response(`${line}\n`), ["in/1.png", /^$/], ["many.zip", /said nothing/]],
  ];
  for (const [send, ...expected] of cases) {
    const batch = new PictureBatch(() => "http://x", send);
    await batch.run([file("many.zip", "application/zip")]);
    assert.deepEqual(batch.rows.map(({ name }) => name), expected.map(([name]) => name));
    expected.forEach(([, fault], i) => assert.match(batch.rows[i].fault, fault));
  }
});

test("a folder, which can't be read, fails alone", async () => {
  const folder = file("folder", "");
  folder.slice = () => ({ arrayBuffer: async () => Promise.reject(new DOMException("A directory", "NotFoundError")) });
  const { batch, requests } = answering({ name: "a.png", ...prediction() }, { summary: {} });
  await batch.run([folder, file("a.png")]);
  assert.deepEqual(
    batch.rows.map(({ name, belief, fault }) => [name, belief?.digit, fault]),
    [["folder", undefined, "Expected a file that can be read"], ["a.png", 7, ""]],
  );
  await batch.run([folder]);
  assert.deepEqual(requests, [["a.png"]]);
});

test("of two runs at once, each counts its own, and all is read when both are", async () => {
  const answers = [];
  const batch = new PictureBatch(() => "http://x", () => new Promise((resolve) => answers.push(resolve)));
  const asked = async (count) => {
    while (answers.length < count) await new Promise(setImmediate);
  };
  const slow = batch.run([file("a.png"), file("b.png")]);
  await asked(1);
  const fast = batch.run([file("many.zip", "application/zip")]);
  await asked(2);
  const lines = [{ name: "in/1.png", ...prediction() }, { summary: {} }];
  answers[1](new Response(lines.map((line) => JSON.stringify(line)).join("\n")));
  assert.deepEqual((await fast).map(({ name }) => name), ["in/1.png"]);
  assert.equal(batch.isRunning, true);
  answers[0](new Response(""));
  assert.equal((await slow).length, 2);
  assert.equal(batch.isRunning, false);
});

test("many files go in several requests", async () => {
  const { batch, requests } = answering();
  await batch.run([...Array.from({ length: 60 }, (_, i) => file(`${i}`)), file("big", "image/png", 8_000_001)]);
  assert.deepEqual(requests.map((names) => names.length), [50, 10, 1]);
});

test("what the server is silent about, refuses, or can't be asked, is said in the row", async () => {
  const refused = { error: { code: "too_large", message: "Expected at most 8 MB" } };
  const cases = [
    [async () => new Response(""), /said nothing/],
    [async () => Response.json(refused, { status: 413 }), /at most 8 MB/],
    [async () => new Response("<h1>", { status: 404 }), /refused \(404\)/],
    [async () => Promise.reject(new TypeError("Failed to fetch")), /The server is out of reach/],
  ];
  for (const [send, message] of cases) {
    const batch = new PictureBatch(() => "http://x", send);
    await batch.run([file("a.png")]);
    assert.match(batch.rows[0].fault, message);
  }
});

test("doubtful are those that a person should see", () => {
  const row = (fields) => ({ name: "", file: null, fault: "", belief: prediction(fields) });
  assert.equal(isDoubtful(row()), false);
  assert.equal(isDoubtful(row({ confidence: 0.6 })), true);
  assert.equal(isDoubtful(row({ verdict: "unsure" })), true);
  assert.equal(isDoubtful({ ...row(), belief: null, fault: "broken" }), true);
  assert.equal(isDoubtful({ ...row(), belief: null }), false);
});

test("CSV quotes what needs it and lets no name run as a formula", () => {
  const rows = [
    { name: '=1+1,"x"', file: null, fault: "", belief: prediction() },
    { name: "b", file: null, fault: "no, bad", belief: null },
  ];
  assert.deepEqual(csvOf(rows).split("\r\n"), [
    "name,verdict,digit,confidence,0,1,2,3,4,5,6,7,8,9,error",
    '"\'=1+1,""x""",digit,7,0.99,0.01,0,0,0,0,0,0,0.99,0,0,',
    'b,,,,,,,,,,,,,,"no, bad"',
    "",
  ]);
});

test("JSON holds the answers and the errors", () => {
  const [read, failed] = JSON.parse(
    jsonOf([
      { name: "a", file: null, fault: "", belief: { ...prediction(), image: new Uint8Array(784) } },
      { name: "b", file: null, fault: "bad", belief: null },
    ]),
  );
  assert.deepEqual(read, { name: "a", ...prediction() });
  assert.deepEqual(failed, { name: "b", error: "bad" });
});
