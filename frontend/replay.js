/**
 * The replay: the drawing once more at writing speed, and what was believed on the way.
 *
 * It moves the point that the readings look at, and has the beginnings of the drawing predicted again, so that
 * ink that was opened or kept gets its beliefs too. It knows no DOM.
 *
 * @import { Clock } from "./connection.js"
 * @import { Drawing, Snapshot, Stroke } from "./drawing.js"
 */
import { Signal } from "./signal.js";

/** Longer rests are thinking, not writing. */
const LONGEST_REST_MS = 300;
const SHORTEST_STEP_MS = 1;

export class Replay {
  /** @type {Signal<boolean>} */
  changed = new Signal();
  isPlaying = false;

  #drawing;
  #look;
  #ask;
  #clock;
  #nextFrame;
  #startedAt = 0;
  /** @type {number[]} */
  #due = [];

  /**
   * @param {Drawing} drawing
   * @param {{ look: (points: number | null) => void, ask: (snapshot: Snapshot) => void,
   *   clock: Clock, nextFrame: (what: () => void) => void }} stage
   */
  constructor(drawing, { look, ask, clock, nextFrame }) {
    this.#drawing = drawing;
    this.#look = look;
    this.#ask = ask;
    this.#clock = clock;
    this.#nextFrame = nextFrame;
    drawing.changed.listen(() => this.stop());
  }

  play() {
    if (this.#drawing.isBlank || this.isPlaying) return;
    this.#due = dueTimes(this.#drawing.strokes);
    this.#startedAt = this.#clock.now();
    this.#enter(true);
    this.#step();
  }

  /** Stop where it is; does nothing when it is not playing. */
  stop() {
    if (!this.isPlaying) return;
    this.#enter(false);
    this.#ask(this.#drawing.snapshot());
  }

  #step() {
    if (!this.isPlaying) return;
    const elapsed = this.#clock.now() - this.#startedAt;
    const points = this.#due.findIndex((due) => due > elapsed);
    if (points < 0) {
      this.stop();
      this.#look(null);
      return;
    }
    this.#look(points);
    this.#ask(this.#drawing.snapshot(points));
    this.#nextFrame(() => this.#step());
  }

  /** @param {boolean} isPlaying */
  #enter(isPlaying) {
    this.isPlaying = isPlaying;
    this.changed.emit(isPlaying);
  }
}

/**
 * When every point is drawn, in ms after the first, with long rests cut short.
 *
 * @param {readonly Stroke[]} strokes
 */
export function dueTimes(strokes) {
  let due = 0;
  /** @type {number | null} */
  let last = null;
  return strokes
    .flatMap(({ points }) => points)
    .map(({ t }) => {
      // A clock that jumped back was another page's: how long that rest was nobody knows.
      const rest = last === null ? 0 : t < last ? LONGEST_REST_MS : t - last;
      due += last === null ? 0 : Math.min(LONGEST_REST_MS, Math.max(SHORTEST_STEP_MS, rest));
      last = t;
      return due;
    });
}
