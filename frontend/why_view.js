/**
 * The view of why: the legend, the tint of the strokes and of the image, and the bars as a way to ask about a digit.
 *
 * @import { CanvasView } from "./canvas.js"
 * @import { Drawing } from "./drawing.js"
 * @import { Palette } from "./palette.js"
 * @import { Reading } from "./reading.js"
 * @import { Session } from "./session.js"
 * @import { Settings } from "./settings.js"
 * @import { StepsView } from "./steps.js"
 *
 * @typedef {{ drawing: Drawing, reading: Reading, session: Session, settings: Settings, palette: Palette }} Models
 * @typedef {{ canvas: CanvasView, steps: StepsView, bars: HTMLElement }} Views  those that are tinted, and asked
 */
import { paintStroke } from "./canvas.js";
import { eachFrame } from "./frames.js";
import { pixelsOf } from "./image.js";
import { paintTinted, tint, tintedPixels } from "./tints.js";
import { percent } from "./verdict.js";
import { Why } from "./why.js";

/** Colours in the legend's band. */
const STEPS = 11;
/** What the image is shown on. */
const BLACK = "#000000";

/**
 * @param {HTMLElement} button  the switch; the legend will stand beside it
 * @param {Models} models
 * @param {Views} views
 */
export function open(button, models, views) {
  new WhyView(button, new Why(models), models, views);
}

class WhyView {
  #why;
  #reading;
  #palette;
  #canvas;
  #steps;
  #bars;
  #legend;
  #ask = eachFrame(() => this.#render());

  /**
   * @param {HTMLElement} button
   * @param {Why} why
   * @param {Models} models
   * @param {Views} views
   */
  constructor(button, why, { reading, palette }, { canvas, steps, bars }) {
    this.#legend = document.createElement("p");
    this.#legend.className = "legend";
    this.#legend.append(...["span", "i", "span", "small"].map((name) => document.createElement(name)));
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "why.css" });
    button.parentElement?.after(style, this.#legend);
    this.#why = why;
    this.#reading = reading;
    this.#palette = palette;
    this.#canvas = canvas;
    this.#steps = steps;
    this.#bars = bars;
    for (const type of ["pointerover", "focusin"]) bars.addEventListener(type, (event) => this.#point(event));
    for (const type of ["pointerleave", "focusout"]) bars.addEventListener(type, () => why.ask(null));
    why.changed.listen(() => this.#ask());
    palette.changed.listen(() => this.#ask());
    this.#render();
  }

  /** @param {Event} event */
  #point(event) {
    /** @type {HTMLElement | null} */
    const bar = /** @type {Element} */ (event.target).closest(".result:first-child .bars li");
    this.#why.ask(bar && this.#why.isWanted ? this.#columns.indexOf(bar) : null);
  }

  /** The bars of the model that explains. */
  get #columns() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.#bars.querySelectorAll(".result:first-child .bars li"))];
  }

  #render() {
    const { isWanted, asked } = this.#why;
    this.#bars.classList.toggle("explained", isWanted);
    this.#columns.forEach((bar, digit) => {
      bar.classList.toggle("asked", isWanted && digit === asked);
      bar.tabIndex = isWanted ? 0 : -1;
    });
    const tints = this.#why.tintsOn(this.#palette.page);
    this.#canvas.paintBy(tints.length ? paintTinted(tints) : paintStroke);
    this.#steps.colour((image) => this.#pixelsOf(image));
    this.#legend.hidden = !isWanted;
    if (isWanted) this.#renderLegend();
  }

  /**
   * The image in the colours of its pieces, if those are known of this very image.
   *
   * @param {Uint8Array} image
   */
  #pixelsOf(image) {
    const { owners, points } = this.#why;
    const isOfThis = owners && points === this.#reading.points;
    return isOfThis ? tintedPixels(image, owners, this.#why.coloursOn(BLACK)) : pixelsOf(image);
  }

  #renderLegend() {
    const { asked, digit, scale, scores, isCurrent } = this.#why;
    const [left, band, right, small] = /** @type {HTMLCollectionOf<HTMLElement>} */ (this.#legend.children);
    const subject = digit === null ? "the digit" : `a ${digit}`;
    left.textContent = `−${scale.toFixed(2)} against ${subject}`;
    right.textContent = `for ${subject} +${scale.toFixed(2)}`;
    const colours = Array.from({ length: STEPS }, (_, i) => tint((2 * i) / (STEPS - 1) - 1, this.#palette.page));
    band.style.background = `linear-gradient(90deg, ${colours})`;
    // Spoken to whoever asks, and not while it changes by itself.
    small.ariaLive = asked === null ? "off" : "polite";
    const told = scores && `A digit, and ${subject}: ${percent(scores.blank)} on blank paper, ${percent(scores.score)} here`;
    small.textContent = told ? told + (isCurrent ? "" : "; ink in its own colour is newer") : "Draw, and see what it takes";
  }
}
