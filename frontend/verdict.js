/**
 * The verdict: the digit and the confidence, large, and in so many words whether to believe them.
 *
 * @import { Belief, Reading } from "./reading.js"
 */
import { renderBelief, UNHURRIED_MS } from "./frames.js";

/** @type {Record<Belief["verdict"], (belief: Belief) => { sign: string, word: string, detail: string }>} */
const WORDING = {
  digit: ({ digit, confidence }) => ({ sign: `${digit}`, word: percent(confidence), detail: "sure" }),
  unsure: ({ digit, runnerUp, confidence }) => ({
    sign: `${digit}?`,
    word: "Unsure",
    detail: `${digit} or ${runnerUp}, ${percent(confidence)} for ${digit}`,
  }),
  not_a_digit: () => ({ sign: "×", word: "Not a digit", detail: "Nothing it was taught to read" }),
  blank: () => ({ sign: "", word: "Blank", detail: "Draw a digit, 0 to 9" }),
  unread: () => ({ sign: "", word: "Not read yet", detail: "" }),
};

export class VerdictView {
  #root;
  #sign;
  #word;
  #detail;

  /**
   * @param {HTMLElement} root
   * @param {Reading} reading
   */
  constructor(root, reading) {
    this.#root = root;
    this.#sign = /** @type {HTMLElement} */ (root.querySelector(".sign"));
    this.#word = /** @type {HTMLElement} */ (root.querySelector(".word"));
    this.#detail = /** @type {HTMLElement} */ (root.querySelector(".detail"));
    renderBelief(reading, (belief) => this.#render(belief), UNHURRIED_MS);
  }

  /** @param {Belief} belief */
  #render(belief) {
    const { sign, word, detail } = WORDING[belief.verdict](belief);
    this.#root.dataset.verdict = belief.verdict;
    setText(this.#sign, sign);
    setText(this.#word, word);
    setText(this.#detail, detail);
  }
}

/**
 * One decimal, and never 100 for what is only nearly so.
 *
 * @param {number | null} share
 */
export function percent(share) {
  return `${(Math.min(0.999, Math.max(0, share ?? 0)) * 100).toFixed(1)} %`;
}

/**
 * Writing the same text again would still cost a layout.
 *
 * @param {HTMLElement} element
 * @param {string} text
 */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
