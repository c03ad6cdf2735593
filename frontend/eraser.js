/**
 * The eraser: which stroke lies under it. No DOM.
 *
 * @import { Stroke } from "./drawing.js"
 *
 * @typedef {{ x: number, y: number }} Place
 */

/** A fingertip's worth of help beyond the stroke's own width, in page units. */
const REACH = 12;

/**
 * The topmost stroke that the eraser touches on its way, or -1.
 *
 * @param {readonly Stroke[]} strokes
 * @param {Place} from
 * @param {Place} to
 */
export function strokeAt(strokes, from, to) {
  return strokes.findLastIndex(({ points, pen }) => {
    const reach = pen.width / 2 + REACH;
    return points.some((b, i) => apart(points[Math.max(0, i - 1)], b, from, to) <= reach);
  });
}

/**
 * The distance between the segments ab and cd.
 *
 * @param {Place} a
 * @param {Place} b
 * @param {Place} c
 * @param {Place} d
 */
function apart(a, b, c, d) {
  const cross = side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
  return cross ? 0 : Math.min(off(a, c, d), off(b, c, d), off(c, a, b), off(d, a, b));
}

/**
 * On which side of ab the place p lies: -1, 0 or 1.
 *
 * @param {Place} a
 * @param {Place} b
 * @param {Place} p
 */
function side(a, b, p) {
  return Math.sign((b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x));
}

/**
 * The distance of p from the segment ab.
 *
 * @param {Place} p
 * @param {Place} a
 * @param {Place} b
 */
function off(p, a, b) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const along = ((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy || 1);
  const t = Math.max(0, Math.min(1, along));
  return Math.hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}
