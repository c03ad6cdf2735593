/**
 * The pointer: mouse, finger and pen become begin, extend and end on the drawing.
 *
 * One contact draws at a time. While a pen is near, and for some time after, fingers and palms do not draw.
 *
 * @import { Drawing, Pen, Point } from "./drawing.js"
 *
 * @typedef {{ pen: () => Pen, isErasing: () => boolean,
 *   predicted: (points: Point[]) => void }} Hand
 */
import { PAGE } from "./drawing.js";
import { strokeAt } from "./eraser.js";

/** The button that a pen's other end is reported as (Pointer Events, section 4.1.2). */
const ERASER_END = 5;
/** Longer than a writer lifts the pen for, and then rests the palm first. */
const PEN_IS_NEAR_MS = 30_000;

export class PointerInput {
  #surface;
  #drawing;
  #hand;
  /** @type {number | null} */
  #contact = null;
  #penAt = -Infinity;
  /** @type {Point | null} */
  #rubbedAt = null;
  #box = new DOMRect();
  /** @type {AbortController | undefined} */
  #held;

  /**
   * @param {HTMLElement} surface  square, shows the whole page
   * @param {Drawing} drawing
   * @param {Hand} hand
   */
  constructor(surface, drawing, hand) {
    this.#surface = surface;
    this.#drawing = drawing;
    this.#hand = hand;
    surface.addEventListener("pointerdown", (event) => this.#down(event));
    surface.addEventListener("pointermove", (event) => this.#move(event));
    surface.addEventListener("pointerup", (event) => this.#up(event));
    surface.addEventListener("pointercancel", (event) => this.#cancel(event));
    // Scribble on iPadOS turns pen strokes into text, and a long press opens a menu, unless these are refused.
    surface.addEventListener("touchmove", (event) => event.preventDefault(), { passive: false });
    surface.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const isPenNear = event.timeStamp - this.#penAt < PEN_IS_NEAR_MS;
    // What touched before the pen came was the palm of the hand that holds it.
    if (event.pointerType === "pen" && !isPenNear) {
      this.#drawing.cancel();
      this.#contact = null;
    }
    this.#notice(event);
    const isPalm = isPenNear && event.pointerType === "touch";
    const isEraserEnd = event.button === ERASER_END;
    if (this.#contact !== null || isPalm || (event.button !== 0 && !isEraserEnd)) return;
    const isErasing = isEraserEnd || this.#hand.isErasing();
    this.#surface.setPointerCapture(event.pointerId);
    this.#contact = event.pointerId;
    this.#hold();
    const point = this.#point(event);
    this.#rubbedAt = isErasing ? point : null;
    if (isErasing) this.#rub(point);
    else this.#drawing.begin(point, this.#hand.pen());
  }

  /** @param {PointerEvent} event */
  #move(event) {
    this.#notice(event);
    if (event.pointerId !== this.#contact) return;
    const seen = event.getCoalescedEvents?.() ?? [];
    const points = (seen.length ? seen : [event]).map((one) => this.#point(one));
    if (this.#rubbedAt) return points.forEach((point) => this.#rub(point));
    this.#drawing.extend(points);
    this.#hand.predicted((event.getPredictedEvents?.() ?? []).map((one) => this.#point(one)));
  }

  /** @param {PointerEvent} event */
  #notice({ pointerType, timeStamp }) {
    if (pointerType === "pen") this.#penAt = timeStamp;
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (event.pointerId !== this.#contact) return;
    if (!this.#rubbedAt) this.#drawing.extend([this.#point(event)]);
    this.release();
  }

  /**
   * Take away every stroke between the last place and this.
   *
   * @param {Point} to
   */
  #rub(to) {
    const from = this.#rubbedAt ?? to;
    this.#rubbedAt = to;
    for (;;) {
      const index = strokeAt(this.#drawing.strokes, from, to);
      if (index < 0) return;
      this.#drawing.erase(index);
    }
  }

  /**
   * The system took the contact away: from a finger, for it was a palm or a gesture; what a pen wrote stays.
   *
   * @param {PointerEvent} event
   */
  #cancel(event) {
    if (event.pointerId !== this.#contact) return;
    if (event.pointerType === "touch") this.#drawing.cancel();
    this.release();
  }

  /** Let go of whatever draws; what it wrote stays. */
  release() {
    this.#contact = null;
    this.#held?.abort();
    this.#drawing.end();
  }

  /**
   * Measured once a stroke, and when something scrolls under it: asking at every event would make the browser lay out
   * the page at every event. A page that is left never hears that the contact ended, and may come back as it was.
   * Nothing of the window is listened to in between: it outlives the surface.
   */
  #hold() {
    const measure = () => (this.#box = this.#surface.getBoundingClientRect());
    measure();
    this.#held?.abort();
    const { signal } = (this.#held = new AbortController());
    for (const shift of ["scroll", "resize"]) addEventListener(shift, measure, { capture: true, signal });
    addEventListener("pagehide", () => this.release(), { signal });
  }

  /**
   * @param {PointerEvent} event
   * @returns {Point}
   */
  #point({ clientX, clientY, timeStamp, pressure }) {
    const scale = PAGE / this.#box.width;
    return { x: (clientX - this.#box.x) * scale, y: (clientY - this.#box.y) * scale, t: timeStamp, pressure };
  }
}
