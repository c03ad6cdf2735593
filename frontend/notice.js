/**
 * The notice: one sentence that the writer should see, for as long as it takes to read it.
 *
 * @import { Clock } from "./connection.js"
 */
const SHOWN_MS = 6000;

export class Notice {
  #root;
  #clock;
  #cancel = () => {};

  /**
   * @param {HTMLElement} root  a status region
   * @param {Clock} clock
   */
  constructor(root, clock) {
    this.#root = root;
    this.#clock = clock;
  }

  /** @param {string} text */
  show(text) {
    this.#cancel();
    this.#root.textContent = text;
    this.#cancel = this.#clock.after(SHOWN_MS, () => {
      this.#root.textContent = "";
    });
  }
}
