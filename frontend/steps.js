/**
 * The steps: how the drawing becomes the image, in three pictures; the last is what the model saw indeed.
 *
 * @import { Drawing, Stroke } from "./drawing.js"
 * @import { Reading } from "./reading.js"
 */
import { boxOf, PAGE } from "./drawing.js";
import { paintStroke } from "./canvas.js";
import { eachFrame, UNHURRIED_MS } from "./frames.js";
import { pixelsOf } from "./image.js";
import { centreOf, cropOf, FITTED_SIDE } from "./normalise.js";
import { IMAGE_SIDE } from "./protocol.js";

const INK = "#fff";
const MARK = "#ffb000";
const GRID = "#ffffff2e";
const PIXELS = 280;
const MARGIN = 0.06;

export class StepsView {
  /** @type {HTMLCanvasElement} */
  #crop;
  /** @type {HTMLCanvasElement} */
  #fitted;
  /** @type {HTMLCanvasElement} */
  #image;
  #drawing;
  #reading;
  /** Kept: to make one costs more than all else here. */
  #pixels = new OffscreenCanvas(IMAGE_SIDE, IMAGE_SIDE);
  #pixelsOf = pixelsOf;
  #ask = eachFrame(() => this.#paint(), UNHURRIED_MS);

  /**
   * @param {HTMLElement} root
   * @param {Drawing} drawing
   * @param {Reading} reading
   */
  constructor(root, drawing, reading) {
    [this.#crop, this.#fitted, this.#image] = root.querySelectorAll("canvas");
    this.#crop.width = this.#crop.height = this.#fitted.width = this.#fitted.height = PIXELS;
    this.#image.width = this.#image.height = PIXELS;
    this.#drawing = drawing;
    this.#reading = reading;
    drawing.changed.listen(() => this.#ask());
    reading.changed.listen(() => this.#ask());
    this.#ask();
  }

  /**
   * Show the image in other colours.
   *
   * @param {typeof pixelsOf} pixels
   */
  colour(pixels) {
    this.#pixelsOf = pixels;
    this.#ask();
  }

  #paint() {
    if (this.#drawing.isBlank) {
      for (const canvas of [this.#crop, this.#fitted, this.#image]) canvas.getContext("2d")?.reset();
      this.#image.classList.add("empty");
      return;
    }
    const { strokes } = this.#drawing.snapshot(this.#reading.lookedAt);
    this.#paintCrop(strokes);
    this.#paintFitted(strokes);
    this.#paintImage();
  }

  /** @param {readonly Stroke[]} strokes */
  #paintCrop(strokes) {
    const context = blackened(this.#crop);
    const box = boxOf(strokes);
    if (!box) return;
    // All of the page, or more of it where the ink has left it.
    const reach = Math.max(PAGE, box.left + box.width, box.top + box.height) - Math.min(0, box.left, box.top);
    context.scale(PIXELS / reach, PIXELS / reach);
    context.translate(-Math.min(0, box.left), -Math.min(0, box.top));
    for (const stroke of strokes) paintStroke(context, plain(stroke, 30), INK);
    context.strokeStyle = MARK;
    context.lineWidth = (5 * reach) / PIXELS / 2;
    context.strokeRect(box.left, box.top, box.width, box.height);
  }

  /** @param {readonly Stroke[]} strokes */
  #paintFitted(strokes) {
    const context = blackened(this.#fitted);
    const crop = cropOf(strokes);
    if (!crop) return;
    paintGrid(context, FITTED_SIDE);
    const scale = (PIXELS * (1 - 2 * MARGIN)) / crop.side;
    context.translate(PIXELS * MARGIN, PIXELS * MARGIN);
    context.scale(scale, scale);
    context.translate(-crop.left, -crop.top);
    for (const stroke of strokes) paintStroke(context, plain(stroke, (1.7 * crop.side) / FITTED_SIDE), INK);
  }

  #paintImage() {
    const context = blackened(this.#image);
    const { image } = this.#reading.shown;
    this.#image.classList.toggle("empty", !image);
    if (!image) return;
    this.#pixels.getContext("2d")?.putImageData(this.#pixelsOf(image), 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#pixels, 0, 0, PIXELS, PIXELS);
    const centre = centreOf(image, IMAGE_SIDE);
    if (!centre) return;
    const [x, y] = [(centre.x * PIXELS) / IMAGE_SIDE, (centre.y * PIXELS) / IMAGE_SIDE];
    context.strokeStyle = MARK;
    context.lineWidth = 2.5;
    context.stroke(new Path2D(`M${x - 14} ${y}h28M${x} ${y - 14}v28`));
  }
}

/** @param {HTMLCanvasElement} canvas */
function blackened(canvas) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = "#000";
  context.fillRect(0, 0, canvas.width, canvas.height);
  return context;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} cells
 */
function paintGrid(context, cells) {
  context.fillStyle = GRID;
  for (let i = 0; i <= cells; i++) {
    context.fillRect(0, Math.round((i * PIXELS) / cells), PIXELS, 1);
    context.fillRect(Math.round((i * PIXELS) / cells), 0, 1, PIXELS);
  }
}

/**
 * A stroke without the writer's taste.
 *
 * @param {Stroke} stroke
 * @param {number} width
 */
function plain({ points }, width) {
  return { points, pen: { brush: "round", colour: "", width } };
}
