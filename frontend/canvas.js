/**
 * The canvas: paints the drawing, sharp at any size and density.
 *
 * Settled ink is kept beside what is shown: to it is only added, unless ink goes or changes its colour. On it comes the
 * end of the stroke under the pen with the points that the browser predicts (they are never sent), in every frame anew,
 * and nothing is touched but where that end was and is. So a frame takes as long in a long stroke as in a short one.
 * The page's colour is painted below the ink: what can be seen through is dearer to put on the screen, in every frame.
 *
 * @import { Drawing, Point, Stroke } from "./drawing.js"
 * @import { Signal } from "./signal.js"
 *
 * @typedef {(context: CanvasRenderingContext2D, stroke: Stroke, ink: string, from: number, to: number,
 *   index: number) => void} Painter  paints what points `from` up to, but without, `to` add to the stroke of that index
 * @typedef {{ changed: Signal<any>, page: string, inkOf: (colour: string) => string }} Inks  page: its colour, which
 *   may change, or for good "transparent" where the sheet is to be seen through the canvas
 */
import { boxOf, PAGE } from "./drawing.js";
import { shapeOf } from "./brushes.js";
import { eachFrame } from "./frames.js";

/** Above this many pixels a side, more are not seen but are paid for in every frame. */
const MOST_PIXELS = 2400;
/** Points settle so many at a time: to touch both canvases costs more than to paint so few again. */
const SETTLING_POINTS = 16;
/** The drawing's opacity behind strokes that are shown instead. */
const PALE = 0.15;

/** Points that enclose whatever is shown. */
const EVERYWHERE = [0, PAGE].map((end) => ({ x: end, y: end, t: 0, pressure: 0 }));

export class CanvasView {
  #shown;
  #settled = document.createElement("canvas");
  #drawing;
  #palette;
  /** @type {readonly Point[]} */
  #predicted = [];
  /** @type {readonly Stroke[] | null} */
  #instead = null;
  /** @type {Painter} */
  #painter = paintStroke;
  #isStale = true;
  /** What has settled: so many strokes, and so many points of the next. */
  #settledStrokes = 0;
  #settledPoints = 0;
  /**
   * Where what is shown is not the settled ink: between these points, and as far off as the broadest pen there.
   *
   * @type {Point[]}
   */
  #touched = [];
  #reach = 0;
  #ask = eachFrame(() => this.#paint());

  /**
   * @param {HTMLElement} sheet  holds the canvas
   * @param {Drawing} drawing
   * @param {Inks} palette
   */
  constructor(sheet, drawing, palette) {
    this.#shown = /** @type {HTMLCanvasElement} */ (sheet.querySelector("canvas"));
    this.#drawing = drawing;
    this.#palette = palette;
    drawing.changed.listen((change) => {
      if (change === "rewritten") this.#isStale = true;
      if (change !== "grew") this.#predicted = [];
      this.#ask();
    });
    palette.changed.listen(() => this.#repaint());
    this.#watchSize();
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
    this.#isStale = true;
    this.#ask();
  }

  #paint() {
    if (this.#isStale) this.#unsettle();
    this.#settle();
    this.#repair();
    const context = this.#contextOf(this.#shown);
    this.#instead?.forEach((stroke, i) => this.#paintPart(context, stroke, i, 0));
    const { open, strokes } = this.#drawing;
    if (!open) return;
    const growing = { ...open, points: [...open.points, ...this.#predicted] };
    this.#paintPart(context, growing, strokes.length - 1, this.#settledPoints);
  }

  #unsettle() {
    this.#isStale = false;
    this.#settledStrokes = this.#settledPoints = 0;
    this.#touched = EVERYWHERE;
    const context = this.#contextOf(this.#settled);
    context.clearRect(0, 0, PAGE, PAGE);
    context.fillStyle = this.#palette.page;
    context.fillRect(0, 0, PAGE, PAGE);
  }

  /** Add to the settled ink what has settled since. */
  #settle() {
    const { open, strokes } = this.#drawing;
    const context = this.#contextOf(this.#settled);
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

  /** Show the settled ink wherever something else may be seen, in whole pixels, which no copy blurs. */
  #repair() {
    const box = boxOf([{ points: this.#touched }]);
    if (!box) return;
    const { width, height } = this.#shown;
    const left = pixel(box.left - this.#reach, width);
    const top = pixel(box.top - this.#reach, height);
    const across = pixel(box.left + box.width + this.#reach, width) + 1 - left;
    const down = pixel(box.top + box.height + this.#reach, height) + 1 - top;
    const context = this.#contextOf(this.#shown);
    context.resetTransform();
    context.clearRect(left, top, across, down);
    context.drawImage(this.#settled, left, top, across, down, left, top, across, down);
    this.#touched = [];
    this.#reach = 0;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Stroke} stroke
   * @param {number} index
   * @param {number} from
   * @param {number} [to]
   */
  #paintPart(context, stroke, index, from, to = stroke.points.length) {
    this.#painter(context, stroke, this.#palette.inkOf(stroke.pen.colour), from, to, index);
    // The points on either side bend it.
    this.#touched = this.#touched.concat(stroke.points.slice(Math.max(0, from - 1), to + 1));
    this.#reach = Math.max(this.#reach, stroke.pen.width);
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @returns {CanvasRenderingContext2D} in page units
   */
  #contextOf(canvas) {
    const alpha = this.#palette.page === "transparent";
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha }));
    context.setTransform(canvas.width / PAGE, 0, 0, canvas.height / PAGE, 0, 0);
    context.globalAlpha = 1;
    return context;
  }

  /** Keep as many pixels as the screen shows: with one more or less, every frame would have to be scaled. */
  #watchSize() {
    const observer = new ResizeObserver(([entry]) => this.#resize(entry));
    try {
      observer.observe(this.#shown, { box: "device-pixel-content-box" });
    } catch {
      // Safari does not tell, nor of another screen's density where the size stays.
      const watch = () => {
        observer.observe(this.#shown);
        matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", watch, { once: true });
      };
      watch();
    }
  }

  /** @param {ResizeObserverEntry} entry */
  #resize({ contentRect, devicePixelContentBoxSize: exact }) {
    const across = exact?.[0].inlineSize ?? Math.round(contentRect.width * devicePixelRatio);
    const down = exact?.[0].blockSize ?? Math.round(contentRect.height * devicePixelRatio);
    const shrink = Math.min(1, MOST_PIXELS / across);
    const [width, height] = [across, down].map((pixels) => Math.max(1, Math.round(pixels * shrink)));
    if (width === this.#shown.width && height === this.#shown.height) return;
    for (const canvas of [this.#shown, this.#settled]) Object.assign(canvas, { width, height });
    this.#isStale = true;
    // A canvas that was resized is empty: paint in this very frame, or it flickers.
    this.#paint();
  }
}

/**
 * The pen's own painter.
 *
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

/**
 * Which pixel of so many a place on the page falls into, or which of them is nearest to it.
 *
 * @param {number} place
 * @param {number} count
 */
function pixel(place, count) {
  return Math.max(0, Math.min(count - 1, Math.floor((place * count) / PAGE)));
}
