import assert from "node:assert/strict";
import { test } from "node:test";
import { svgOf } from "../../frontend/exports.js";

test("an SVG holds the page and every stroke in the colours that are seen", () => {
  const points = [{ x: 1, y: 2, t: 0, pressure: 0.5 }, { x: 30, y: 40, t: 9, pressure: 0.5 }];
  const strokes = ["round", "marker"].map((brush) => ({ points, pen: { brush, colour: "#d55e00", width: 20 } }));
  const svg = svgOf(strokes, { page: "#ffffff", inkOf: (colour) => colour });
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.match(svg, /<rect width="1000" height="1000" fill="#ffffff"\/>/);
  assert.equal(svg.match(/<path d="M[^"]+" fill="(none|#d55e00)" stroke="#d55e00"/g).length, 2);
});
