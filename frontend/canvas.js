/**
 * The canvas: paints the drawing, sharp at any size and density.
 *
 * Two layers lie on each other: settled strokes, painted when they change, and the stroke under the pen, painted
 * every frame with the points that the browser predicts (they are never sent).
 *
 * @import { Drawing, Point, Stroke } from "./drawing.js"
 * @import { Signal } from "./signal.js"
 *
 * @typedef {(context: CanvasRenderingContext2D, stroke: Stroke, ink: string, index: number) => void} Painter
 * @typedef {{ changed: Signal<any>, inkOf: (colour: string) => string }} Inks
 */
import { PAGE } from "./drawing.js";
import { shapeOf } from "./brushes.js";
import { eachFrame } from "./frames.js";

/** Above this many pixels a side, more are not seen but are paid for in every frame. */
const MOST_PIXELS = 2400;

export class CanvasView {
  #settled;
  #live;
  #drawing;
  #palette;
  /** @type {readonly Point[]} */
  #predicted = [];
  /** @type {readonly Stroke[] | null} */
  #instead = null;
  /** @type {Painter} */
  #painter = paintStroke;
  #isSettledStale = true;
  #ask = eachFrame(() => this.#paint());

  /**
   * @param {HTMLElement} sheet  holds the two canvases
   * @param {Drawing} drawing
   * @param {Inks} palette
   */
  constructor(sheet, drawing, palette) {
    const [settled, live] = sheet.querySelectorAll("canvas");
    this.#settled = settled;
    this.#live = live;
    this.#drawing = drawing;
    this.#palette = palette;
    drawing.changed.listen((change) => {
      if (change !== "grew") this.#isSettledStale = true;
      if (change === "ended") this.#predicted = [];
      this.#ask();
    });
    palette.changed.listen(() => this.#repaint());
    new ResizeObserver(() => this.#resize()).observe(sheet);
    this.#watchDensity();
  }

  /**
   * Show where the pen will probably be when the frame is seen.
   *
   * @param {readonly Point[]} points
   */
  predict(points) {
    this.#predicted = points;
    this.#ask();
  }

  /**
   * Paint these strokes over the pale drawing, or the drawing itself again.
   *
   * @param {readonly Stroke[] | null} strokes
   */
  showInstead(strokes) {
    if (strokes === this.#instead) return;
    this.#instead = strokes;
    this.#repaint();
  }

  /**
   * Have the drawing painted by another painter than the pen's.
   *
   * @param {Painter} painter
   */
  paintBy(painter) {
    this.#painter = painter;
    this.#repaint();
  }

  #repaint() {
    this.#isSettledStale = true;
    this.#ask();
  }

  #paint() {
    const open = this.#drawing.open;
    if (this.#isSettledStale) {
      this.#isSettledStale = false;
      const context = freshContext(this.#settled);
      context.globalAlpha = this.#instead ? 0.15 : 1;
      this.#drawing.strokes.forEach((stroke, i) => stroke === open || this.#paintStroke(context, stroke, i));
    }
    const context = freshContext(this.#live);
    this.#instead?.forEach((stroke, i) => this.#paintStroke(context, stroke, i));
    const growing = open && { ...open, points: [...open.points, ...this.#predicted] };
    if (growing) this.#paintStroke(context, growing, this.#drawing.strokes.length - 1);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Stroke} stroke
   * @param {number} index
   */
  #paintStroke(context, stroke, index) {
    this.#painter(context, stroke, this.#palette.inkOf(stroke.pen.colour), index);
  }

  #resize() {
    const { width } = this.#live.getBoundingClientRect();
    const pixels = Math.max(1, Math.min(MOST_PIXELS, Math.round(width * devicePixelRatio)));
    if (pixels === this.#live.width) return;
    for (const canvas of [this.#settled, this.#live]) canvas.width = canvas.height = pixels;
    this.#isSettledStale = true;
    // A canvas that was resized is empty: paint in this very frame, or it flickers.
    this.#paint();
  }

  /** Moving to another screen changes the density and not always the size. */
  #watchDensity() {
    matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener(
      "change",
      () => {
        this.#resize();
        this.#watchDensity();
      },
      { once: true },
    );
  }
}

/**
 * @param {CanvasRenderingContext2D} context  in page units
 * @param {Stroke} stroke
 * @param {string} ink
 */
export function paintStroke(context, stroke, ink) {
  const { d, width, isFilled } = shapeOf(stroke);
  const path = new Path2D(d);
  context.strokeStyle = context.fillStyle = ink;
  context.lineWidth = width;
  context.lineCap = context.lineJoin = "round";
  if (isFilled) context.fill(path);
  if (width) context.stroke(path);
}

/** @param {HTMLCanvasElement} canvas */
function freshContext(canvas) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.globalAlpha = 1;
  context.scale(canvas.width / PAGE, canvas.height / PAGE);
  return context;
}
