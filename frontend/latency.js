/**
 * The latency: what answers cost, measured here, and said honestly while one is owed.
 *
 * @import { Clock } from "./connection.js"
 * @import { Session } from "./session.js"
 *
 * @typedef {{ roundTripMs: number, serverMs: number, batch: number, perSecond: number }} Figures
 */

const WINDOW_MS = 1000;

export class Latency {
  #session;
  #clock;
  /** @type {{ at: number, roundTripMs: number, serverMs: number, batch: number }[]} */
  #recent = [];

  /**
   * @param {Session} session
   * @param {Clock} clock
   */
  constructor(session, clock) {
    this.#session = session;
    this.#clock = clock;
    session.answers.listen(({ prediction: { timing }, roundTripMs }) => {
      const serverMs = (timing.queue_ms ?? 0) + (timing.predict_ms ?? 0);
      this.#recent = [...this.#lately(), { at: clock.now(), roundTripMs, serverMs, batch: timing.batch ?? 1 }];
    });
  }

  /** Of the last second with an answer in it, medians; null before the first answer. */
  get figures() {
    const last = this.#recent.at(-1);
    if (!last) return null;
    const since = last.at - WINDOW_MS;
    const window = this.#recent.filter(({ at }) => at > since);
    return {
      roundTripMs: median(window.map(({ roundTripMs }) => roundTripMs)),
      serverMs: median(window.map(({ serverMs }) => serverMs)),
      batch: median(window.map(({ batch }) => batch)),
      perSecond: this.#lately().length,
    };
  }

  /** For how long the oldest snapshot has been waiting for its answer; 0 when none is owed. */
  get waitingMs() {
    const since = this.#session.waitingSince;
    return since === null ? 0 : this.#clock.now() - since;
  }

  #lately() {
    const since = this.#clock.now() - WINDOW_MS;
    return this.#recent.filter(({ at }) => at > since);
  }
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
