import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const FRONTEND = new URL("../../frontend/", import.meta.url);
const MOST_BYTES = 100_000;

const read = (name) => readFileSync(new URL(name, FRONTEND), "utf8");

/** Modules that a module imports before it runs, and theirs. */
function loaded(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const [, other] of read(name).matchAll(/^(?:import|export)\b[^;]*?from "\.\/([\w-]+\.js)";/gm)) loaded(other, seen);
  return seen;
}

const withoutComments = (text) =>
  text.replace(/^\s*(\/\*\*?|\*|\/\/).*\n/gm, "").replace(/\/\*\* @type \{.*?\} \*\/ ?/g, "");
/** Neither comments nor indentation are code, and compressed they weigh next to nothing. */
const codeOf = (text) => withoutComments(text).replace(/^[ ]+/gm, "");

test("what opening the page loads is at most 100 kB of code", () => {
  const names = ["index.html", "style.css", "icon.svg", ...loaded("main.js")];
  const bytes = names.reduce((sum, name) => sum + Buffer.byteLength(codeOf(read(name))), 0);
  assert.ok(names.length > 30, "the import graph was not found");
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);
});

test("who only draws does not load what pictures need", () => {
  assert.equal(loaded("main.js").has("picture_table.js"), false);
});

test("the socket is opened in one module only", () => {
  const users = [...loaded("main.js"), ...loaded("live-digits.js")].filter((name) =>
    /\bnew WebSocket\b/.test(withoutComments(read(name))),
  );
  assert.deepEqual([...new Set(users)], ["connection.js"]);
});
