/**
 * The reading: what a model believes about the drawing, now and at every earlier point of it.
 *
 * It hears the drawing and one session; the views of the result render it. It knows no DOM.
 *
 * @import { Change, Drawing, Stroke } from "./drawing.js"
 * @import { Prediction, Verdict } from "./protocol.js"
 * @import { Answer } from "./session.js"
 *
 * @typedef {{ verdict: Verdict | "unread", digit: number | null, runnerUp: number | null, confidence: number | null,
 *   probabilities: number[] | null, image: Uint8Array | null }} Belief
 * @typedef {{ points: number, belief: Belief }} Moment  points: drawn so far when it was believed
 */
import { countPoints } from "./drawing.js";
import { imageOf } from "./protocol.js";
import { Signal } from "./signal.js";

/** @type {Belief} */
export const BLANK = {
  verdict: "blank",
  digit: null,
  runnerUp: null,
  confidence: null,
  probabilities: null,
  image: null,
};
/** @type {Belief} */
const UNREAD = { ...BLANK, verdict: "unread" };

export class Reading {
  /** @type {Signal<Belief>} */
  changed = new Signal();
  /**
   * Along the drawing, by rising number of points.
   *
   * @type {Moment[]}
   */
  moments = [];

  #drawing;
  /** @type {readonly Stroke[]} */
  #strokes;
  /** @type {Moment | null} */
  #now = null;
  /** @type {number | null} */
  #lookedAt = null;

  /** @param {Drawing} drawing */
  constructor(drawing) {
    this.#drawing = drawing;
    this.#strokes = drawing.strokes;
    this.leave = drawing.changed.listen((change) => this.#follow(change));
  }

  /** What to show: the belief now, or the one at the point that is looked at. */
  get shown() {
    return this.#moment?.belief ?? (this.#drawing.isBlank ? BLANK : UNREAD);
  }

  get #moment() {
    const at = this.#lookedAt;
    return at === null ? this.#now : this.moments.findLast(({ points }) => points <= at);
  }

  /** How many points the drawing had when what is shown was believed. */
  get points() {
    return this.#moment?.points ?? 0;
  }

  /** How many points of the drawing are looked at; null: all, as they come. */
  get lookedAt() {
    return this.#lookedAt;
  }

  /**
   * Believe an answer, unless the drawing was cleared or undone since it was asked for.
   *
   * @param {Answer} answer
   */
  accept({ prediction, points }) {
    if (prediction.rev !== this.#drawing.rev) return;
    const moment = { points, belief: believe(prediction) };
    this.#insert(moment);
    // A replay asks about the beginning of the drawing again; that is history, not news.
    if (points >= (this.#now?.points ?? 0)) this.#now = moment;
    this.changed.emit(this.shown);
  }

  /**
   * Look at an earlier point of the drawing, or at the present again.
   *
   * @param {number | null} points
   */
  look(points) {
    if (points === this.#lookedAt) return;
    this.#lookedAt = points;
    this.changed.emit(this.shown);
  }

  /** Forget all: another model is going to answer. */
  reset() {
    this.moments = [];
    this.#now = null;
    this.changed.emit(this.shown);
  }

  /** @param {Change} change */
  #follow(change) {
    if (change === "rewritten") {
      const kept = sharedPoints(this.#strokes, this.#drawing.strokes);
      this.moments = this.moments.filter(({ points }) => points <= kept);
      // After an undo it is known already what was believed then.
      this.#now = this.moments.findLast(({ points }) => points === this.#drawing.points) ?? null;
    }
    this.#strokes = this.#drawing.strokes;
    if (change === "rewritten" || this.#lookedAt !== null) {
      this.#lookedAt = null;
      this.changed.emit(this.shown);
    }
  }

  /** @param {Moment} moment */
  #insert(moment) {
    const before = this.moments.findLastIndex(({ points }) => points <= moment.points);
    const isSame = this.moments[before]?.points === moment.points;
    this.moments.splice(isSame ? before : before + 1, isSame ? 1 : 0, moment);
  }
}

/**
 * @param {Prediction} prediction
 * @returns {Belief}
 */
export function believe(prediction) {
  const { verdict, digit, confidence, probabilities } = prediction;
  return {
    verdict,
    digit,
    runnerUp: probabilities && runnerUp(probabilities),
    confidence,
    probabilities,
    image: imageOf(prediction),
  };
}

/** @param {number[]} probabilities */
function runnerUp(probabilities) {
  return [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a])[1];
}

/**
 * How much of the beginning two drawings have in common, in points.
 *
 * @param {readonly Stroke[]} before
 * @param {readonly Stroke[]} after
 */
function sharedPoints(before, after) {
  const parting = after.findIndex((stroke, i) => stroke !== before[i]);
  return countPoints(parting < 0 ? after : after.slice(0, parting));
}
