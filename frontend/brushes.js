/**
 * Brushes: a stroke in, the shape that it leaves on the page out, as SVG path data.
 *
 * A stroke can be had in parts, which together cover what the whole does. What a point adds depends on those before
 * it, and on the next one alone of those after it: so all but the last point of a growing stroke have settled.
 *
 * The canvas paints that path, the SVG export writes it down, so that both always agree. No DOM.
 * What a brush looks like is the writer's taste alone: the server gets the points.
 *
 * @import { Point, Stroke } from "./drawing.js"
 *
 * @typedef {{ d: string, width: number, isFilled: boolean }} Shape  width of the outline, round caps and joins
 */

/** The pressure that a device without a sensor reports (Pointer Events, section 4.1): the speed stands in for it. */
const NO_SENSOR = 0.5;
/** Page units a millisecond at which a sensorless pen writes half as broad. */
const HALVING_SPEED = 2.2;
const PRESSURE_SMOOTHING = 0.3;
const SPRAY_DOTS_PER_UNIT = 0.35;

/**
 * A map, as an object also has what every object has: ink from a file may name any brush, "__proto__" too.
 *
 * @type {Map<string, (stroke: Stroke, from: number, to: number) => Shape>}
 */
const BRUSHES = new Map(Object.entries({ round, marker, pressure, spray }));

export const BRUSH_NAMES = [...BRUSHES.keys()];

/**
 * What the points from `from` up to, but without, `to` add to the page.
 *
 * @param {Stroke} stroke
 * @param {number} [from]
 * @param {number} [to]
 * @returns {Shape}
 */
export function shapeOf(stroke, from = 0, to = stroke.points.length) {
  return (BRUSHES.get(stroke.pen.brush) ?? round)(stroke, from, to);
}

/**
 * An even line through the midpoints, with the points as the curves' controls.
 *
 * @param {Stroke} stroke
 * @param {number} from
 * @param {number} to
 */
function round({ points, pen }, from, to) {
  const last = points.length - 1;
  let d = `M${at(from > 1 ? middle(points[from - 1], points[from]) : points[0])}`;
  if (last === 0) d += "h.01";
  for (let i = Math.max(1, from); i < Math.min(last, to); i++) d += `Q${at(points[i])} ${at(middle(points[i], points[i + 1]))}`;
  if (last > 0 && to > last) d += `L${at(points[last])}`;
  return { d, width: pen.width, isFilled: false };
}

/**
 * A flat nib held at 45 degrees: every segment sweeps a parallelogram.
 *
 * @param {Stroke} stroke
 * @param {number} from
 * @param {number} to
 */
function marker({ points, pen }, from, to) {
  const nib = pen.width * 0.42;
  let d = "";
  for (let i = from; i < to; i++) {
    const [a, b] = [points[Math.max(0, i - 1)], points[i]];
    // One winding for all, or two that overlap would cut a hole into each other.
    const n = b.x - a.x + (b.y - a.y) < 0 ? -nib : nib;
    d += `M${xy(a.x - n, a.y + n)}L${xy(b.x - n, b.y + n)} ${xy(b.x + n, b.y - n)} ${xy(a.x + n, a.y - n)}Z`;
  }
  return { d, width: pen.width * 0.3, isFilled: true };
}

/**
 * A line as broad as the pen is pressed, or as it is slow where nothing measures pressure.
 *
 * @param {Stroke} stroke
 * @param {number} from
 * @param {number} to
 */
function pressure({ points, pen }, from, to) {
  const radii = radiiOf(points, pen.width);
  let d = "";
  for (let i = from; i < to; i++) {
    const [b, r] = [points[i], radii[i]];
    d += `M${xy(b.x - r, b.y)}a${xy(r, r)} 0 1 0 ${xy(2 * r, 0)}a${xy(r, r)} 0 1 0 ${xy(-2 * r, 0)}Z`;
    if (i > 0) d += segment(points[i - 1], b, radii[i - 1], r);
  }
  return { d, width: 0, isFilled: true };
}

/**
 * @param {readonly Point[]} points
 * @param {number} width
 */
function radiiOf(points, width) {
  let smooth = NO_SENSOR;
  return points.map((b, i) => {
    const a = points[Math.max(0, i - 1)];
    const speed = Math.hypot(b.x - a.x, b.y - a.y) / Math.max(1, b.t - a.t);
    const pressed = b.pressure === NO_SENSOR ? 1 / (1 + speed / HALVING_SPEED) : b.pressure;
    smooth += (pressed - smooth) * PRESSURE_SMOOTHING;
    return width * (0.15 + 0.6 * smooth);
  });
}

/**
 * The strip between two discs, wound as they are.
 *
 * @param {Point} a
 * @param {Point} b
 * @param {number} ra
 * @param {number} rb
 */
function segment(a, b, ra, rb) {
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const nx = (a.y - b.y) / length;
  const ny = (b.x - a.x) / length;
  const far = `${xy(b.x + nx * rb, b.y + ny * rb)} ${xy(b.x - nx * rb, b.y - ny * rb)}`;
  return `M${xy(a.x + nx * ra, a.y + ny * ra)}L${far} ${xy(a.x - nx * ra, a.y - ny * ra)}Z`;
}

/**
 * Dots scattered about the line, the same ones every time it is painted.
 *
 * @param {Stroke} stroke
 * @param {number} from
 * @param {number} to
 */
function spray({ points, pen }, from, to) {
  let d = "";
  let dots = 0;
  for (let i = 0; i < to; i++) {
    const [a, b] = [points[Math.max(0, i - 1)], points[i]];
    const count = Math.ceil(Math.hypot(b.x - a.x, b.y - a.y) * SPRAY_DOTS_PER_UNIT) + 2;
    if (i < from) dots += count;
    else for (let k = 0; k < count; k++, dots++) {
      const reach = pen.width * 0.62 * Math.sqrt(chance(3 * dots));
      const turn = 2 * Math.PI * chance(3 * dots + 1);
      const along = chance(3 * dots + 2);
      const x = a.x + (b.x - a.x) * along + reach * Math.cos(turn);
      const y = a.y + (b.y - a.y) * along + reach * Math.sin(turn);
      d += `M${xy(x, y)}h.01`;
    }
  }
  return { d, width: Math.max(3, pen.width * 0.13), isFilled: false };
}

/**
 * A number in [0, 1) that looks random and is always the same for `n` (the sine hash of shader writers).
 *
 * @param {number} n
 */
function chance(n) {
  const value = Math.sin((n + 1) * 12.9898) * 43758.5453;
  return value - Math.floor(value);
}

/**
 * @param {Point} a
 * @param {Point} b
 */
function middle(a, b) {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

/** @param {{ x: number, y: number }} point */
function at({ x, y }) {
  return xy(x, y);
}

/**
 * @param {number} x
 * @param {number} y
 */
function xy(x, y) {
  return `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;
}
