/**
 * Why: which pieces of the drawing speak for the digit that is shown, or for another that is asked about.
 *
 * It hears one session's explanations and knows which drawing they are of; views render it. It knows no DOM.
 *
 * @import { Drawing } from "./drawing.js"
 * @import { Reading } from "./reading.js"
 * @import { Explanation } from "./protocol.js"
 * @import { Answer, Session } from "./session.js"
 * @import { Settings } from "./settings.js"
 * @import { Tint } from "./tints.js"
 *
 * @typedef {{ explanation: Explanation, points: number }} Explained  points: of the drawing explained
 */
import { countPoints } from "./drawing.js";
import { bytesOf } from "./protocol.js";
import { Signal } from "./signal.js";
import { tint } from "./tints.js";

/** Weights are shown against the largest of them, but against no less than this: else nothing would look like much. */
const LEAST_SCALE = 0.1;
/** Answers of which an explanation may still come. */
const MOST_ANSWERS = 64;

export class Why {
  /** @type {Signal<Why>} */
  changed = new Signal();

  #drawing;
  #reading;
  #session;
  #settings;
  /** @type {Explained | null} */
  #latest = null;
  /** @type {number | null} */
  #asked = null;
  #wasCurrent = false;
  #isWanted = false;
  /** @type {Answer[]} */
  #answers = [];

  /** @param {{ drawing: Drawing, reading: Reading, session: Session, settings: Settings }} models */
  constructor({ drawing, reading, session, settings }) {
    this.#drawing = drawing;
    this.#reading = reading;
    this.#session = session;
    this.#settings = settings;
    session.answers.listen((answer) => (this.#answers = [...this.#answers.slice(1 - MOST_ANSWERS), answer]));
    session.explanations.listen((explanation) => this.#accept(explanation));
    drawing.changed.listen((change) => this.#follow(change === "rewritten"));
    reading.changed.listen(() => this.changed.emit(this));
    settings.changed.listen(() => this.#obey());
    this.#obey();
  }

  /** What is known of this drawing, as far as it was drawn then; null: nothing, or nobody wants to see it. */
  get #shown() {
    return this.#settings.values.explains && this.#reading.lookedAt === null ? this.#latest : null;
  }

  /** Whether explanations are wanted at all. */
  get isWanted() {
    return this.#settings.values.explains;
  }

  /** The digit that is spoken of: the one asked about, or else the one that is read. */
  get digit() {
    return this.#asked ?? this.#reading.shown.digit;
  }

  /** Which digit is asked about; null: the one that is read. */
  get asked() {
    return this.#asked;
  }

  /** How much of the drawing was explained, in points; 0 for nothing. */
  get points() {
    return this.#shown?.points ?? 0;
  }

  /** All of the drawing as it is now was explained. */
  get isCurrent() {
    return this.points > 0 && this.points === this.#drawing.points;
  }

  /** The digit's score for the drawing explained, and for blank paper; null where nothing is. */
  get scores() {
    const { explanation } = this.#shown ?? {};
    const { digit } = this;
    return explanation && digit !== null ? { score: explanation.scores[digit], blank: explanation.blanks[digit] } : null;
  }

  /** The weight that has the strongest colour. */
  get scale() {
    return Math.max(LEAST_SCALE, ...this.#weights.map(Math.abs));
  }

  /** The piece that each pixel of the image belongs to, as an index into the colours. */
  get owners() {
    const { owners } = this.#shown?.explanation ?? {};
    return owners ? bytesOf(owners) : null;
  }

  get #weights() {
    const { digit } = this;
    return digit === null ? [] : (this.#shown?.explanation.pieces ?? []).map(({ weights }) => weights[digit]);
  }

  /**
   * The colour of each piece.
   *
   * @param {string} page  "#rrggbb"
   */
  coloursOn(page) {
    const { scale } = this;
    return this.#weights.map((weight) => tint(weight / scale, page));
  }

  /**
   * The pieces in their colours.
   *
   * @param {string} page  "#rrggbb"
   * @returns {Tint[]}
   */
  tintsOn(page) {
    const pieces = this.#shown?.explanation.pieces ?? [];
    return this.coloursOn(page).map((colour, i) => ({ strokes: 1, ...pieces[i], colour }));
  }

  /**
   * Speak of this digit, or of the one that is read again: "why not a 9?"
   *
   * @param {number | null} digit
   */
  ask(digit) {
    if (digit === this.#asked) return;
    this.#asked = digit;
    this.changed.emit(this);
  }

  /** @param {Explanation} explanation */
  #accept(explanation) {
    const answered = this.#answers.find(({ prediction }) => prediction.seq === explanation.seq);
    const { points = 0 } = answered ?? {};
    // A replay has the beginning of the drawing explained again.
    if (explanation.rev !== this.#drawing.rev || points < (this.#latest?.points ?? 1)) return;
    if (!this.#isWhole(explanation, points)) return;
    this.#latest = { explanation, points };
    this.#wasCurrent = this.isCurrent;
    this.changed.emit(this);
  }

  /**
   * Whether its pieces reach to the drawing's last point: not if points were left out to keep the server's limits.
   *
   * @param {Explanation} explanation
   * @param {number} points
   */
  #isWhole({ pieces = [] }, points) {
    const last = pieces[pieces.length - 1];
    if (!last) return false;
    const before = this.#drawing.strokes.slice(0, last.stroke + (last.strokes ?? 1) - 1);
    return countPoints(before) + last.end === points;
  }

  /** @param {boolean} isRewritten */
  #follow(isRewritten) {
    if (isRewritten) this.#latest = null;
    if (!isRewritten && this.isCurrent === this.#wasCurrent) return;
    this.#wasCurrent = this.isCurrent;
    this.changed.emit(this);
  }

  #obey() {
    const { explains } = this.#settings.values;
    if (explains === this.#isWanted) return;
    this.#isWanted = explains;
    this.#latest = null;
    this.#session.explain(explains);
    this.changed.emit(this);
  }
}
