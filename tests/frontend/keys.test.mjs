import assert from "node:assert/strict";
import { test } from "node:test";
import { chord } from "../../frontend/keys.js";

const press = (key, modifiers = {}) => chord({ key, ...modifiers });

test("letters are named in upper case, with their modifiers in order", () => {
  assert.equal(press("c"), "C");
  assert.equal(press("Z", { ctrlKey: true, shiftKey: true }), "Mod+Shift+Z");
  assert.equal(press("z", { metaKey: true }), "Mod+Z");
});

test("shift is part of the sign where the layout makes it so", () => {
  assert.equal(press("?", { shiftKey: true }), "?");
  assert.equal(press("ArrowLeft", { shiftKey: true }), "Shift+ArrowLeft");
});
