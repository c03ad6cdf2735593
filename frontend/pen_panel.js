/**
 * The pen panel: brush, width and colours, each shown as what it will look like.
 *
 * @import { Settings } from "./settings.js"
 */
import { BRUSH_NAMES, shapeOf } from "./brushes.js";
import { INKS, PAGES } from "./colours.js";

const SVG = "http://www.w3.org/2000/svg";
/** A wave to try a brush on: page units, the rhythm of a hand. */
const SAMPLE = Array.from({ length: 25 }, (_, i) => ({
  x: 60 + 12 * i,
  y: 100 - 42 * Math.sin(i / 4),
  t: 9 * i,
  pressure: 0.02 + 0.97 * Math.sin((i * Math.PI) / 24),
}));

export class PenPanel {
  #settings;
  #root;
  #width;

  /**
   * @param {HTMLElement} root
   * @param {Settings} settings
   */
  constructor(root, settings) {
    this.#root = root;
    this.#settings = settings;
    this.#width = /** @type {HTMLInputElement} */ (root.querySelector("#width"));
    this.#width.addEventListener("input", () => settings.set({ width: Number(this.#width.value) }));
    const fieldset = (/** @type {string} */ id) => /** @type {HTMLElement} */ (root.querySelector(`#${id}`));
    for (const brush of BRUSH_NAMES) {
      this.#addChoice(fieldset("brushes"), "brush", brush, brush, brushSample(brush));
    }
    this.#addSwatches(fieldset("inks"), "colour", INKS);
    this.#addSwatches(fieldset("pages"), "page", PAGES);
    settings.changed.listen(() => this.#render());
    this.#render();
  }

  #render() {
    this.#width.value = String(this.#settings.values.width);
    for (const input of this.#root.querySelectorAll("input")) {
      const name = /** @type {"brush" | "colour" | "page"} */ (input.dataset.sets);
      if (input.type === "radio") input.checked = this.#settings.values[name] === input.value;
      if (input.type === "color") input.value = this.#settings.values[name] || "#808080";
    }
  }

  /**
   * @param {HTMLElement} fieldset
   * @param {"colour" | "page"} sets
   * @param {[name: string, colour: string][]} colours
   */
  #addSwatches(fieldset, sets, colours) {
    for (const [name, colour] of colours) {
      const swatch = document.createElement("i");
      swatch.style.background = colour;
      this.#addChoice(fieldset, sets, colour, name, swatch);
    }
    const any = document.createElement("input");
    any.type = "color";
    any.dataset.sets = sets;
    any.ariaLabel = any.title = "Any other";
    any.addEventListener("input", () => this.#settings.set({ [sets]: any.value }));
    fieldset.append(any);
  }

  /**
   * @param {HTMLElement} fieldset
   * @param {"brush" | "colour" | "page"} sets
   * @param {string} value
   * @param {string} name
   * @param {Element} picture
   */
  #addChoice(fieldset, sets, value, name, picture) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "radio";
    input.name = input.dataset.sets = sets;
    input.value = value;
    input.ariaLabel = label.title = name[0].toUpperCase() + name.slice(1);
    input.addEventListener("change", () => this.#settings.set({ [sets]: value }));
    label.append(input, picture);
    fieldset.append(label);
  }
}

/** @param {string} brush */
function brushSample(brush) {
  const { d, width, isFilled } = shapeOf({ points: SAMPLE, pen: { brush, colour: "", width: 34 } });
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 410 200");
  svg.innerHTML = `<path d="${d}" stroke-width="${width}" fill="${isFilled ? "currentColor" : "none"}"/>`;
  return svg;
}
