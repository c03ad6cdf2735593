/**
 * Ink as a file: what is saved, kept across reloads and opened again. No DOM.
 *
 * `{"strokes": [[[x, y, t, pressure], …], …], "pens": [{"brush", "colour", "width"}, …]}`: the strokes are those of
 * the protocol, so that any of its clients can send such a file; pens are for pages only, and may be missing.
 *
 * @import { Point, Stroke } from "./drawing.js"
 */
import { boxOf, PAGE } from "./drawing.js";
import { DEFAULTS } from "./settings.js";

/** Of the page that opened ink fills, where it comes in other units than ours. */
const FILLED = 0.7;
const UNTIMED_MS = 10;

/** @param {readonly Stroke[]} strokes */
export function writeInk(strokes) {
  return {
    strokes: strokes.map(({ points }) => points.map(({ x, y, t, pressure }) => [x, y, t, pressure].map(short))),
    pens: strokes.map(({ pen }) => pen),
  };
}

/**
 * @param {any} file  parsed JSON
 * @returns {Stroke[]}
 * @throws {TypeError} no ink
 */
export function readInk(file) {
  if (!Array.isArray(file?.strokes)) throw new TypeError('Expected ink as {"strokes": [[[x, y], …], …]}');
  const lines = file.strokes.map(readPoints);
  const isOurs = Array.isArray(file.pens) && file.pens.length === lines.length;
  const strokes = lines.map((/** @type {Point[]} */ points, /** @type {number} */ i) => ({
    points,
    pen: readPen(isOurs ? file.pens[i] : null),
  }));
  const inked = strokes.filter((/** @type {Stroke} */ stroke) => stroke.points.length);
  return isOurs ? inked : fit(inked);
}

/** @param {unknown} line */
function readPoints(line) {
  if (!Array.isArray(line)) throw new TypeError("Expected every stroke to be a list of points");
  return line.map((point, i) => {
    const [x, y, t = i * UNTIMED_MS, pressure = 0.5] = Array.isArray(point) ? point : [];
    if (![x, y, t, pressure].every(Number.isFinite)) throw new TypeError("Expected every point as [x, y] in numbers");
    return { x, y, t, pressure };
  });
}

/** @param {any} pen */
function readPen(pen) {
  const { brush, colour, width } = DEFAULTS;
  return {
    brush: typeof pen?.brush === "string" ? pen.brush : brush,
    colour: /^#[0-9a-f]{6}$/i.test(pen?.colour) ? pen.colour : colour,
    width: pen?.width > 0 && pen.width < PAGE ? pen.width : width,
  };
}

/**
 * Ink in foreign units, in the middle of the page.
 *
 * @param {Stroke[]} strokes
 */
function fit(strokes) {
  const box = boxOf(strokes);
  if (!box) return strokes;
  const scale = (FILLED * PAGE) / (Math.max(box.width, box.height) || 1);
  const left = (PAGE - box.width * scale) / 2;
  const top = (PAGE - box.height * scale) / 2;
  return strokes.map((stroke) => ({
    ...stroke,
    points: stroke.points.map((point) => ({
      ...point,
      x: left + (point.x - box.left) * scale,
      y: top + (point.y - box.top) * scale,
    })),
  }));
}

/** @param {number} value */
function short(value) {
  return Math.round(value * 100) / 100;
}
