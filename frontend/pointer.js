/**
 * The pointer: mouse, finger and pen become begin, extend and end on the drawing.
 *
 * One contact draws at a time. Once a pen was seen, fingers and palms no longer draw.
 *
 * @typedef {import("./drawing.js").Point} Point
 * @typedef {{ pen: () => import("./drawing.js").Pen, predicted: (points: Point[]) => void }} Hand
 */
import { PAGE } from "./drawing.js";

export class PointerInput {
  #surface;
  #drawing;
  #hand;
  /** @type {number | null} */
  #contact = null;
  #penSeen = false;
  #box = new DOMRect();

  /**
   * @param {HTMLElement} surface  square, shows the whole page
   * @param {import("./drawing.js").Drawing} drawing
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
    for (const shift of ["scroll", "resize"]) addEventListener(shift, () => this.#measure(), { passive: true });
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.pointerType === "pen") this.#penSeen = true;
    const isPalm = this.#penSeen && event.pointerType === "touch";
    if (this.#contact !== null || event.button !== 0 || isPalm) return;
    event.preventDefault();
    this.#surface.setPointerCapture(event.pointerId);
    this.#contact = event.pointerId;
    this.#measure();
    this.#drawing.begin(this.#point(event), this.#hand.pen());
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (event.pointerId !== this.#contact) return;
    const seen = event.getCoalescedEvents?.() ?? [];
    this.#drawing.extend((seen.length ? seen : [event]).map((one) => this.#point(one)));
    this.#hand.predicted((event.getPredictedEvents?.() ?? []).map((one) => this.#point(one)));
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (event.pointerId !== this.#contact) return;
    this.#contact = null;
    this.#drawing.extend([this.#point(event)]);
    this.#drawing.end();
  }

  /**
   * The system took the contact away: from a finger, for it was a palm or a gesture; what a pen wrote stays.
   *
   * @param {PointerEvent} event
   */
  #cancel(event) {
    if (event.pointerId !== this.#contact) return;
    this.#contact = null;
    if (event.pointerType === "touch") this.#drawing.cancel();
    else this.#drawing.end();
  }

  /** Measured once a stroke: asking at every event would make the browser lay out the page at every event. */
  #measure() {
    this.#box = this.#surface.getBoundingClientRect();
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
