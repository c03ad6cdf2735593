/**
 * The announcer: tells screen readers what happened, once it has settled, and never while it still changes.
 *
 * @import { Clock } from "./connection.js"
 * @import { Belief } from "./reading.js"
 */
import { BLANK } from "./reading.js";
import { percent } from "./verdict.js";

/** Longer than the pause between two strokes of one digit, for most hands. */
const SETTLED_MS = 800;

export class Announcer {
  #root;
  #clock;
  #cancel = () => {};
  #said = spoken(BLANK);

  /**
   * @param {HTMLElement} root  a polite live region
   * @param {Clock} clock
   */
  constructor(root, clock) {
    this.#root = root;
    this.#clock = clock;
  }

  /** @param {string} text */
  say(text) {
    // Written again, it would be spoken again.
    if (this.#root.textContent !== text) this.#root.textContent = text;
  }

  /**
   * Say a belief when no other has come for a while.
   *
   * @param {Belief} belief
   */
  settle(belief) {
    this.#cancel();
    this.#cancel = this.#clock.after(SETTLED_MS, () => {
      const text = spoken(belief);
      if (text !== this.#said) this.say(text);
      this.#said = text;
    });
  }
}

/** @param {Belief} belief */
export function spoken({ verdict, digit, runnerUp, confidence }) {
  return {
    digit: `${digit}, ${percent(confidence)} sure`,
    unsure: `Unsure: ${digit} or ${runnerUp}`,
    not_a_digit: "Not a digit",
    blank: "The page is blank",
    unread: "Not read yet",
  }[verdict];
}
