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

test("letters of another script are known by their place", () => {
  assert.equal(press("я", { code: "KeyZ", ctrlKey: true }), "Mod+Z");
  assert.equal(press("Я", { code: "KeyZ", ctrlKey: true, shiftKey: true }), "Mod+Shift+Z");
  assert.equal(press("ص", { code: "KeyW" }), "W");
  // Latin ones are not: here Y and Z have changed places.
  assert.equal(press("z", { code: "KeyY", ctrlKey: true }), "Mod+Z");
});
