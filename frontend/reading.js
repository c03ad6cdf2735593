/**
 * The reading: what the page believes about the drawing at this moment.
 *
 * It hears the drawing and the session; the views of the result render it. It knows no DOM.
 *
 * @typedef {import("./protocol.js").Verdict} Verdict
 * @typedef {{ verdict: Verdict, digit: number | null, runnerUp: number | null, confidence: number | null,
 *   probabilities: number[] | null, image: Uint8Array | null }} Belief
 */
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

export class Reading {
  /** @type {Signal<Belief>} */
  changed = new Signal();
  /** @type {Belief} */
  now = BLANK;

  #drawing;

  /** @param {import("./drawing.js").Drawing} drawing */
  constructor(drawing) {
    this.#drawing = drawing;
    drawing.changed.listen((change) => change === "rewritten" && this.#show(BLANK));
  }

  /**
   * Believe an answer, unless the drawing was cleared or undone since it was asked for.
   *
   * @param {import("./session.js").Answer} answer
   */
  accept({ prediction }) {
    if (prediction.rev === this.#drawing.rev) this.#show(believe(prediction));
  }

  /** @param {Belief} belief */
  #show(belief) {
    this.now = belief;
    this.changed.emit(belief);
  }
}

/**
 * @param {import("./protocol.js").Prediction} prediction
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
