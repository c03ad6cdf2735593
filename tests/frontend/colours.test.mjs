import assert from "node:assert/strict";
import { test } from "node:test";
import { INKS, PAGES, contrast, readable } from "../../frontend/colours.js";

test("contrast is that of WCAG", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  assert.equal(contrast("#777777", "#777777"), 1);
  assert.equal(contrast("#767676", "#ffffff").toFixed(2), "4.54");
});

test("every ink is seen on every page, also one of the writer's own", () => {
  for (const [, ink] of [...INKS, ["", "#808080"]]) {
    for (const page of [...PAGES.map(([, page]) => page).filter(Boolean), "#808080", "#0072b2"]) {
      assert.ok(contrast(readable(ink, page), page) >= 3, `${ink} on ${page}`);
    }
  }
});

test("a colour that is seen already is left alone", () => {
  assert.equal(readable("#0072b2", "#ffffff"), "#0072b2");
});
