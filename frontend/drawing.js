/**
 * The drawing: strokes, their history, and the generation that tells old answers from new.
 *
 * Input modules call begin, extend and end; views and the session listen to `changed`. It knows no DOM.
 *
 * A page is PAGE units wide and high, x to the right, y down, whatever the screen; ink may leave it.
 *
 * @typedef {{ x: number, y: number, t: number, pressure: number }} Point  t: ms on any rising clock
 * @typedef {{ brush: string, colour: string, width: number }} Pen  colour "" is the page's own; width in page units
 * @typedef {{ points: Point[], pen: Pen }} Stroke
 * @typedef {{ rev: number, strokes: readonly Stroke[] }} Snapshot
 * @typedef {"began" | "grew" | "ended" | "rewritten"} Change  rewritten: anything but ink being added
 */
import { Signal } from "./signal.js";

export const PAGE = 1000;

/** Nearer than this to the last point, in page units, a point adds weight to the wire and nothing to the shape. */
const NEAREST = 0.75;
const LONGEST_HISTORY = 500;

export class Drawing {
  /** @type {Signal<Change>} */
  changed = new Signal();

  /** Raised whenever ink is taken away or replaced: an answer to a lower one must not be shown. */
  rev = 0;

  /** @type {Stroke[]} */
  #strokes;
  /** @type {Stroke[][]} */
  #past = [];
  /** @type {Stroke[][]} */
  #future = [];
  /**
   * What could be redone before the last stroke, in case that was none.
   *
   * @type {Stroke[][]}
   */
  #forgone = [];
  /** @type {Stroke | null} */
  #open = null;

  /** @param {readonly Stroke[]} strokes  there from the start */
  constructor(strokes = []) {
    this.#strokes = [...strokes];
  }

  /** @returns {readonly Stroke[]} */
  get strokes() {
    return this.#strokes;
  }

  /** The stroke under the pen. */
  get open() {
    return this.#open;
  }

  get points() {
    return countPoints(this.#strokes);
  }

  get isBlank() {
    return this.#strokes.length === 0;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /**
   * Put the pen down.
   *
   * @param {Point} point
   * @param {Pen} pen
   */
  begin(point, pen) {
    this.end();
    this.#remember();
    this.#open = { points: [point], pen };
    this.#strokes = [...this.#strokes, this.#open];
    this.changed.emit("began");
  }

  /**
   * Move the pen; does nothing while it is up.
   *
   * @param {readonly Point[]} points
   */
  extend(points) {
    if (!this.#open) return;
    const line = this.#open.points;
    const before = line.length;
    for (const point of points) {
      const last = line[line.length - 1];
      if (Math.hypot(point.x - last.x, point.y - last.y) >= NEAREST) line.push(point);
    }
    if (line.length > before) this.changed.emit("grew");
  }

  /** Lift the pen. */
  end() {
    if (!this.#open) return;
    this.#open = null;
    this.changed.emit("ended");
  }

  /** Take back the stroke under the pen as if it had never begun: the contact was no writing (a palm, a gesture). */
  cancel() {
    if (!this.#open) return;
    this.#open = null;
    this.#future = this.#forgone;
    this.#rewrite(/** @type {Stroke[]} */ (this.#past.pop()));
  }

  undo() {
    this.end();
    const strokes = this.#past.pop();
    if (!strokes) return;
    this.#future.push(this.#strokes);
    this.#rewrite(strokes);
  }

  redo() {
    this.end();
    const strokes = this.#future.pop();
    if (!strokes) return;
    this.#past.push(this.#strokes);
    this.#rewrite(strokes);
  }

  /** Empty the page; undo brings it back. */
  clear() {
    if (!this.isBlank) this.replace([]);
  }

  /**
   * Take one stroke away.
   *
   * @param {number} index
   */
  erase(index) {
    this.replace(this.#strokes.filter((_, i) => i !== index));
  }

  /**
   * Put other strokes in the place of all; undo brings the old ones back.
   *
   * @param {readonly Stroke[]} strokes
   */
  replace(strokes) {
    this.end();
    this.#remember();
    this.#rewrite([...strokes]);
  }

  /**
   * What there is now, shared, not copied: the stroke under the pen goes on growing in it. Or the beginning of it.
   *
   * @param {number | null} [points]  of the beginning; null: all there is
   * @returns {Snapshot}
   */
  snapshot(points = null) {
    return { rev: this.rev, strokes: points === null ? this.#strokes : prefix(this.#strokes, points) };
  }

  #remember() {
    this.#past.push(this.#strokes);
    if (this.#past.length > LONGEST_HISTORY) this.#past.shift();
    this.#forgone = this.#future;
    this.#future = [];
  }

  /** @param {Stroke[]} strokes */
  #rewrite(strokes) {
    this.#strokes = strokes;
    this.rev += 1;
    this.changed.emit("rewritten");
  }
}

/** @param {readonly Stroke[]} strokes */
export function countPoints(strokes) {
  return strokes.reduce((sum, stroke) => sum + stroke.points.length, 0);
}

/**
 * The first `points` points of some strokes.
 *
 * @param {readonly Stroke[]} strokes
 * @param {number} points
 * @returns {Stroke[]}
 */
export function prefix(strokes, points) {
  /** @type {Stroke[]} */
  const kept = [];
  let left = points;
  for (const stroke of strokes) {
    if (left <= 0) break;
    kept.push(left >= stroke.points.length ? stroke : { ...stroke, points: stroke.points.slice(0, left) });
    left -= stroke.points.length;
  }
  return kept;
}

/**
 * The box around some strokes, or null where there is no ink.
 *
 * @param {readonly { points: readonly Point[] }[]} strokes
 */
export function boxOf(strokes) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { points } of strokes) {
    for (const { x, y } of points) {
      left = Math.min(left, x);
      top = Math.min(top, y);
      right = Math.max(right, x);
      bottom = Math.max(bottom, y);
    }
  }
  return left > right ? null : { left, top, width: right - left, height: bottom - top };
}
