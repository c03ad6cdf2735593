/**
 * The canvas: paints the drawing, sharp at any size and density.
 *
 * Two layers lie on each other: settled ink, to which is only added unless ink goes or changes its colour; and the
 * end of the stroke under the pen, painted every frame with the points that the browser predicts (they are never
 * sent). So a frame takes as long in a long stroke as in a short one.
 *
 * @import { Drawing, Point, Stroke } from "./drawing.js"
 * @import { Signal } from "./signal.js"
 *
 * @typedef {(context: CanvasRenderingContext2D, stroke: Stroke, ink: string, index: number,
 *   from: number, to: number) => void} Painter  paints what points `from` up to, but without, `to` add
 * @typedef {{ changed: Signal<any>, inkOf: (colour: string) => string }} Inks
 */
import { PAGE } from "./drawing.js";
import { shapeOf } from "./brushes.js";
import { eachFrame } from "./frames.js";

/** Above this many pixels a side, more are not seen but are paid for in every frame. */
const MOST_PIXELS = 2400;
/** Points settle so many at a time: to touch both layers costs more than to paint so few again. */
const SETTLING_POINTS = 16;
/** The drawing's opacity behind strokes that are shown instead. */
const PALE = 0.15;

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
  #painter = paintInk;
  #isSettledStale = true;
  /** What the settled layer shows: so many strokes, and so many points of the next. */
  #settledStrokes = 0;
  #settledPoints = 0;
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
      if (change === "rewritten") this.#isSettledStale = true;
      if (change !== "grew") this.#predicted = [];
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
    if (painter === this.#painter) return;
    this.#painter = painter;
    this.#repaint();
  }

  #repaint() {
    this.#isSettledStale = true;
    this.#ask();
  }

  #paint() {
    if (this.#isSettledStale) {
      this.#isSettledStale = false;
      this.#settledStrokes = this.#settledPoints = 0;
      freshContext(this.#settled);
    }
    this.#settle();
    const context = freshContext(this.#live);
    this.#instead?.forEach((stroke, i) => this.#paintPart(context, stroke, i, 0));
    const { open, strokes } = this.#drawing;
    if (!open) return;
    const growing = { ...open, points: [...open.points, ...this.#predicted] };
    this.#paintPart(context, growing, strokes.length - 1, this.#settledPoints);
  }

  /** Add to the settled layer what has settled since. */
  #settle() {
    const { open, strokes } = this.#drawing;
    const context = contextOf(this.#settled);
    context.globalAlpha = this.#instead ? PALE : 1;
    while (this.#settledStrokes < strokes.length) {
      const stroke = strokes[this.#settledStrokes];
      const to = stroke === open ? this.#steadyPoints(stroke) : stroke.points.length;
      if (to > this.#settledPoints) this.#paintPart(context, stroke, this.#settledStrokes, this.#settledPoints, to);
      this.#settledPoints = to;
      if (stroke === open) return;
      this.#settledStrokes += 1;
      this.#settledPoints = 0;
    }
  }

  /**
   * How much of the stroke under the pen will not change any more; nothing where parts would show, being pale.
   *
   * @param {Stroke} stroke
   */
  #steadyPoints({ points }) {
    return this.#instead ? 0 : Math.floor((points.length - 1) / SETTLING_POINTS) * SETTLING_POINTS;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Stroke} stroke
   * @param {number} index
   * @param {number} from
   * @param {number} [to]
   */
  #paintPart(context, stroke, index, from, to = stroke.points.length) {
    this.#painter(context, stroke, this.#palette.inkOf(stroke.pen.colour), index, from, to);
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
 * The pen's own painter.
 *
 * @type {Painter}
 */
export function paintInk(context, stroke, ink, _, from, to) {
  paintStroke(context, stroke, ink, from, to);
}

/**
 * @param {CanvasRenderingContext2D} context  in page units
 * @param {Stroke} stroke
 * @param {string} ink
 * @param {number} [from]  of its points
 * @param {number} [to]
 */
export function paintStroke(context, stroke, ink, from, to) {
  const { d, width, isFilled } = shapeOf(stroke, from, to);
  const path = new Path2D(d);
  context.strokeStyle = context.fillStyle = ink;
  context.lineWidth = width;
  context.lineCap = context.lineJoin = "round";
  if (isFilled) context.fill(path);
  if (width) context.stroke(path);
}

/** @param {HTMLCanvasElement} canvas */
function freshContext(canvas) {
  const context = contextOf(canvas);
  context.resetTransform();
  context.clearRect(0, 0, canvas.width, canvas.height);
  return contextOf(canvas);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @returns {CanvasRenderingContext2D} in page units
 */
function contextOf(canvas) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(canvas.width / PAGE, 0, 0, canvas.height / PAGE, 0, 0);
  context.globalAlpha = 1;
  return context;
}
