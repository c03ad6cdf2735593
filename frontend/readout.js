/**
 * The readout: what an answer costs, four figures that do not flicker.
 *
 * @import { Clock } from "./connection.js"
 * @import { Latency } from "./latency.js"
 */
const REFRESH_MS = 250;
/** A wait shorter than this is an answer on its way. */
const SHORTEST_WAIT_MS = 300;

export class ReadoutView {
  /** @type {Text[]} */
  #values;
  #root;
  #latency;

  /**
   * @param {HTMLElement} root  a description list, filled here
   * @param {Latency} latency
   * @param {Clock} clock
   */
  constructor(root, latency, clock) {
    this.#root = root;
    this.#latency = latency;
    this.#values = ["Round trip", "Server", "Batch", "Answers"].map((name) => addFigure(root, name));
    const tick = () => {
      this.#render();
      clock.after(REFRESH_MS, tick);
    };
    tick();
  }

  #render() {
    const { figures, waitingMs } = this.#latency;
    const isWaiting = waitingMs > SHORTEST_WAIT_MS;
    this.#root.classList.toggle("waiting", isWaiting);
    const texts = figures
      ? [ms(figures.roundTripMs), ms(figures.serverMs), String(figures.batch), `${figures.perSecond} /s`]
      : ["–", "–", "–", "–"];
    if (isWaiting) texts[0] = `waiting ${(waitingMs / 1000).toFixed(1)} s`;
    texts.forEach((text, i) => {
      if (this.#values[i].data !== text) this.#values[i].data = text;
    });
  }
}

/** @param {number} value */
function ms(value) {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

/**
 * @param {HTMLElement} root
 * @param {string} name
 */
function addFigure(root, name) {
  const group = document.createElement("div");
  group.innerHTML = `<dt>${name}</dt><dd></dd>`;
  const text = document.createTextNode("");
  group.lastElementChild?.append(text);
  root.append(group);
  return text;
}
