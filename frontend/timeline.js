/**
 * The timeline: ten rows of belief along the drawing, darker where it was stronger, to be dragged along.
 *
 * @import { CanvasView } from "./canvas.js"
 * @import { Drawing } from "./drawing.js"
 * @import { Belief, Moment, Reading } from "./reading.js"
 */
import { spoken } from "./announcer.js";
import { eachFrame, UNHURRIED_MS } from "./frames.js";

const DIGITS = 10;
/** The thumb's width: a range input lets its middle travel from half of it to half of it before the end. */
const THUMB_PX = 12;
const GUTTER_PX = 16;
/** Fainter than this is not seen, and most of the ten are. */
const FAINTEST = 0.02;

export class TimelineView {
  #chart;
  #scrub;
  #drawing;
  #reading;
  #canvas;
  /** As observed: to ask for it would lay the page out before its bars are set. */
  #size = new DOMRectReadOnly();
  /** Render in one of the next frames. */
  ask = eachFrame(() => this.#render(), UNHURRIED_MS);

  /**
   * @param {{ chart: HTMLCanvasElement, scrub: HTMLInputElement }} elements
   * @param {Drawing} drawing
   * @param {Reading} reading
   * @param {CanvasView} canvas  shows the drawing as far as it is looked at
   */
  constructor({ chart, scrub }, drawing, reading, canvas) {
    this.#chart = chart;
    this.#scrub = scrub;
    this.#drawing = drawing;
    this.#reading = reading;
    this.#canvas = canvas;
    reading.changed.listen(() => this.ask());
    drawing.changed.listen(() => this.ask());
    new ResizeObserver(([{ contentRect }]) => {
      this.#size = contentRect;
      this.ask();
    }).observe(chart);
  }

  #render() {
    const points = this.#drawing.points;
    const at = this.#reading.lookedAt;
    this.#scrub.max = String(points);
    this.#scrub.value = String(at ?? points);
    // It would take the focus along.
    if (!points && this.#scrub.matches(":focus")) document.getElementById("sheet")?.focus({ preventScroll: true });
    this.#scrub.disabled = points === 0;
    this.#scrub.ariaValueText = this.#describe(at ?? points, points);
    this.#canvas.showInstead(at === null ? null : this.#drawing.snapshot(at).strokes);
    this.#paint(points);
  }

  /**
   * @param {number} at
   * @param {number} points
   */
  #describe(at, points) {
    return `After ${at} of ${points} points: ${spoken(this.#reading.shown)}`;
  }

  /** @param {number} points */
  #paint(points) {
    const { width, height } = this.#size;
    const density = devicePixelRatio;
    const [across, down] = [Math.round(width * density), Math.round(height * density)];
    // Setting the size, even to what it is, throws the canvas away and makes another.
    if (this.#chart.width !== across) this.#chart.width = across;
    if (this.#chart.height !== down) this.#chart.height = down;
    const context = /** @type {CanvasRenderingContext2D} */ (this.#chart.getContext("2d"));
    const style = getComputedStyle(this.#chart);
    context.setTransform(density, 0, 0, density, 0, 0);
    context.globalAlpha = 1;
    context.clearRect(0, 0, width, height);
    const row = height / DIGITS;
    this.#paintRows(context, row, width, style);
    if (!points) return;
    const left = GUTTER_PX + THUMB_PX / 2;
    const unit = (width - GUTTER_PX - THUMB_PX) / points;
    context.fillStyle = style.getPropertyValue("--accent");
    // Whole pixels of the screen: between spans that end in the midst of one, a seam would be seen.
    const at = (/** @type {number} */ point) => Math.round((left + point * unit) * density) / density;
    for (const { from, to, belief } of spansOf(this.#reading.moments, points, 1 / unit)) {
      belief.probabilities?.forEach((share, digit) => {
        if (share < FAINTEST) return;
        context.globalAlpha = share;
        context.fillRect(at(from), digit * row + 0.5, Math.max(1, at(to) - at(from)), row - 1);
      });
    }
    this.#paintBoundaries(context, left, unit, height, style.color);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} row
   * @param {number} width
   * @param {CSSStyleDeclaration} style
   */
  #paintRows(context, row, width, style) {
    context.font = `600 ${Math.min(row, Math.max(12, 0.7 * row))}px ${style.fontFamily}`;
    context.textBaseline = "middle";
    for (let digit = 0; digit < DIGITS; digit++) {
      context.fillStyle = style.getPropertyValue("--trough");
      context.fillRect(GUTTER_PX, digit * row + 0.5, width - GUTTER_PX, row - 1);
      context.fillStyle = style.color;
      context.fillText(String(digit), 0, (digit + 0.55) * row);
    }
  }

  /**
   * A line wherever the pen was lifted.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {number} left
   * @param {number} unit
   * @param {number} height
   * @param {string} colour
   */
  #paintBoundaries(context, left, unit, height, colour) {
    context.globalAlpha = 1;
    context.fillStyle = colour;
    let drawn = 0;
    for (const { points } of this.#drawing.strokes.slice(0, -1)) {
      drawn += points.length;
      context.fillRect(left + drawn * unit - 0.5, 0, 1, height);
    }
  }
}

/**
 * How long each belief held, in points, newest first; some are left out where they would share a column of pixels,
 * so that a long drawing takes no longer to paint than the chart is wide.
 *
 * @param {readonly Moment[]} moments
 * @param {number} end
 * @param {number} shortest  in points
 */
export function spansOf(moments, end, shortest) {
  /** @type {{ from: number, to: number, belief: Belief }[]} */
  const spans = [];
  let to = end;
  for (const { points: from, belief } of moments.toReversed()) {
    if (spans.length && to - from < shortest) continue;
    spans.push({ from, to, belief });
    to = from;
  }
  return spans;
}
