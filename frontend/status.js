/**
 * The status: whether there is a server to answer, said in words and never in colour alone.
 *
 * @import { Connection } from "./connection.js"
 */
import { browserClock } from "./connection.js";

export class StatusView {
  #root;
  #word;
  #connection;
  #cancelTick = () => {};

  /**
   * @param {HTMLElement} root
   * @param {Connection} connection
   */
  constructor(root, connection) {
    this.#root = root;
    this.#connection = connection;
    this.#word = /** @type {HTMLElement} */ (root.querySelector(".word"));
    const retry = /** @type {HTMLButtonElement} */ (root.querySelector("button"));
    retry.addEventListener("click", () => connection.retry());
    connection.changed.listen(() => this.#render());
    this.#render();
  }

  #render() {
    this.#cancelTick();
    const { state, wasReady } = this.#connection;
    this.#root.dataset.state = state;
    this.#word.textContent = {
      idle: "Offline",
      connecting: wasReady ? "Reconnecting…" : "Connecting…",
      ready: "Connected",
      waiting: this.#countdown(),
      refused: this.#connection.reason,
    }[state];
    // What is said may push the sheet down, under a pen that draws.
    dispatchEvent(new Event("resize"));
    if (state === "waiting") this.#cancelTick = browserClock.after(250, () => this.#render());
  }

  #countdown() {
    const seconds = Math.ceil(Math.max(0, this.#connection.retryAt - browserClock.now()) / 1000);
    return `${this.#connection.reason || "Offline"}. Next try in ${seconds}\u00a0s`;
  }
}
