/**
 * The wire: what the page says to the server as bytes or text, and what the server's text means.
 *
 * It knows no DOM and no socket.
 *
 * @import { Point, Stroke } from "./drawing.js"
 *
 * @typedef {{ name: string, default?: boolean, [detail: string]: unknown }} Model
 * @typedef {{ frame_bytes?: number, points?: number, strokes?: number, snapshots_per_s?: number }} Limits
 * @typedef {"digit" | "unsure" | "not_a_digit" | "blank"} Verdict
 * @typedef {{ queue_ms: number, predict_ms: number, batch: number }} Timing
 *
 * @typedef {{ type: "ready", server: string, models: Model[], limits: Limits }} Ready
 * @typedef {{ type: "configured", model: string, include: string[] }} Configured
 * @typedef {{ type: "prediction", seq: number, rev: number, model: string, verdict: Verdict, digit: number | null,
 *   confidence: number | null, probabilities: number[] | null, dropped: number, timing: Timing,
 *   input?: string }} Prediction
 * @typedef {{ stroke: number, strokes?: number, start: number, end: number, weights: number[] }} Piece
 * @typedef {{ type: "explanation", seq: number, rev: number, digit: number, scores: number[], blanks: number[],
 *   pieces?: Piece[], owners?: string }} Explanation
 * @typedef {{ type: "error", code: string, message: string, seq: number | null, retryable: boolean }} Fault
 * @typedef {{ type: "goaway", reason: string, after_ms: number }} Goaway
 * @typedef {Ready | Configured | Prediction | Explanation | Fault | Goaway} Message
 */
import { countPoints } from "./drawing.js";

export const SUBPROTOCOL = "live-digits.v1";
export const IMAGE_SIDE = 28;

const KIND_INK = 1;
const HEADER_BYTES = 12;
const COUNT_BYTES = 2;
const POINT_BYTES = 4;
/** Wire units to a page unit: a 1000-unit page drawn 500 pixels wide keeps a thirtieth of a pixel. */
const FINENESS = 16;
const FARTHEST = 32767;
const MOST = 65535;

const KNOWN = new Set(["ready", "configured", "prediction", "explanation", "error", "goaway"]);

/**
 * Encode ink as one binary frame, thinned where it would break the server's limits.
 *
 * @param {{ seq: number, rev: number, strokes: readonly Stroke[] }} ink
 * @param {Limits} [limits]
 * @returns {ArrayBuffer}
 */
export function encodeInk({ seq, rev, strokes }, limits = {}) {
  const lines = thin(strokes, limits);
  const points = lines.flat();
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + lines.length * COUNT_BYTES + points.length * POINT_BYTES));
  view.setUint8(0, KIND_INK);
  view.setUint16(2, lines.length, true);
  view.setUint32(4, seq, true);
  view.setUint32(8, rev, true);
  const scale = fineness(points);
  let at = HEADER_BYTES;
  for (const line of lines) {
    view.setUint16(at, line.length, true);
    at += COUNT_BYTES;
  }
  for (const { x, y } of points) {
    view.setInt16(at, Math.round(x * scale), true);
    view.setInt16(at + 2, Math.round(y * scale), true);
    at += POINT_BYTES;
  }
  return view.buffer;
}

/**
 * @param {string} model  "" leaves the choice to the server
 * @param {string[]} include
 */
export function encodeConfigure(model, include) {
  return JSON.stringify(model ? { type: "configure", model, include } : { type: "configure", include });
}

/**
 * Read one text frame; null for a type that this page does not know (a newer server may say more).
 *
 * @param {string} text
 * @returns {Message | null}
 * @throws {SyntaxError} not JSON
 */
export function decode(text) {
  const message = JSON.parse(text);
  return KNOWN.has(message?.type) ? message : null;
}

/**
 * The image in a prediction: 784 bytes, row by row, 0 paper … 255 ink; null where none was included.
 *
 * @param {Prediction} prediction
 */
export function imageOf({ input }) {
  return input ? bytesOf(input) : null;
}

/** @param {string} text  base64 */
export function bytesOf(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  // Uint8Array.from goes through the string's iterator: 0.2 ms of every frame.
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/**
 * Points of every stroke, evenly fewer of both where there are more than a frame may carry.
 *
 * @param {readonly Stroke[]} strokes
 * @param {Limits} limits
 */
function thin(strokes, limits) {
  const fit = evenly(strokes, Math.min(limits.strokes ?? MOST, MOST));
  const room = (limits.frame_bytes ?? Infinity) - HEADER_BYTES - fit.length * COUNT_BYTES;
  const most = Math.min(limits.points ?? Infinity, Math.floor(room / POINT_BYTES));
  const longest = Math.max(0, ...fit.map((stroke) => stroke.points.length));
  // Each stroke keeps its two ends, so that many short strokes may need a longer step than the ratio says.
  for (let step = Math.max(1, Math.ceil(longest / MOST), Math.ceil(countPoints(fit) / most)); ; step *= 2) {
    const lines = fit.map(({ points }) => everyNth(points, step));
    if (lines.flat().length <= most || step >= longest) return lines;
  }
}

/**
 * So many of some items at most, the last among them: it is the newest.
 *
 * @template T
 * @param {readonly T[]} items
 * @param {number} most
 */
function evenly(items, most) {
  const keptOf = (/** @type {number} */ first) => Math.floor((first * most) / items.length);
  return items.filter((_, i) => keptOf(i + 1) > keptOf(i));
}

/**
 * @template T
 * @param {readonly T[]} items
 * @param {number} step
 */
function everyNth(items, step) {
  return step === 1 ? items : items.filter((_, i) => i % step === 0 || i === items.length - 1);
}

/**
 * The scale onto the wire; ink far off the page shrinks as a whole rather than lose its shape at the edge.
 *
 * @param {readonly Point[]} points
 */
function fineness(points) {
  let farthest = 0;
  for (const { x, y } of points) farthest = Math.max(farthest, Math.abs(x), Math.abs(y));
  return Math.min(FINENESS, FARTHEST / farthest);
}
