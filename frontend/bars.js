/**
 * The bars: ten probabilities, moved by transform alone, so that a frame costs no layout.
 *
 * @import { Belief, Reading } from "./reading.js"
 */
import { renderBelief, UNHURRIED_MS } from "./frames.js";

export class BarsView {
  #root;
  /** @type {{ column: HTMLElement, fill: HTMLElement, percent: Text }[]} */
  #bars;

  /**
   * @param {HTMLElement} root  an ordered list, filled here
   * @param {Reading} reading
   */
  constructor(root, reading) {
    this.#root = root;
    this.#bars = Array.from({ length: 10 }, (_, digit) => addBar(root, digit));
    renderBelief(reading, (belief) => this.#move(belief));
    renderBelief(reading, (belief) => this.#write(belief), UNHURRIED_MS);
  }

  /** @param {Belief} belief */
  #move({ verdict, probabilities, digit, runnerUp }) {
    this.#root.dataset.verdict = verdict;
    this.#bars.forEach(({ column, fill }, i) => {
      fill.style.transform = `scaleY(${probabilities?.[i] ?? 0})`;
      column.classList.toggle("first", probabilities !== null && i === digit);
      column.classList.toggle("second", verdict === "unsure" && i === runnerUp);
    });
  }

  /** @param {Belief} belief */
  #write({ probabilities }) {
    this.#bars.forEach(({ percent }, i) => {
      const figure = percentOf(probabilities?.[i] ?? 0);
      // Writing the same text again would still cost a layout.
      if (percent.data !== figure) percent.data = figure;
    });
  }
}

/**
 * Whole percent: nothing for what rounds to none, and never 100 for what is only nearly so.
 *
 * @param {number} share
 */
function percentOf(share) {
  return share < 0.005 ? "" : String(Math.min(99, Math.round(share * 100)));
}

/**
 * @param {HTMLElement} root
 * @param {number} digit
 */
function addBar(root, digit) {
  const column = document.createElement("li");
  column.innerHTML = `<span class="track"><span class="fill"></span></span><b>${digit}</b><small></small>`;
  const fill = /** @type {HTMLElement} */ (column.querySelector(".fill"));
  const percent = document.createTextNode("");
  column.lastElementChild?.append(percent);
  root.append(column);
  return { column, fill, percent };
}
