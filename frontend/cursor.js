/**
 * The cursor: drawing with the keyboard alone. Arrows move it, two at once go slanting; space puts the pen down and
 * up, or erases.
 *
 * @import { Drawing, Pen, Point } from "./drawing.js"
 */
import { PAGE } from "./drawing.js";
import { strokeAt } from "./eraser.js";

const STEP = 25;
const FINE_STEP = 5;
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class KeyboardCursor {
  #mark;
  #drawing;
  #hand;
  #x = PAGE / 2;
  #y = PAGE / 2;
  /** @type {Set<string>} */
  #held = new Set();
  #isDown = false;

  /**
   * @param {HTMLElement} sheet
   * @param {Drawing} drawing
   * @param {{ pen: () => Pen, isErasing: () => boolean, said: (text: string) => void }} hand
   */
  constructor(sheet, drawing, hand) {
    this.#mark = /** @type {HTMLElement} */ (sheet.querySelector(".cursor"));
    this.#drawing = drawing;
    this.#hand = hand;
    sheet.addEventListener("keydown", (event) => this.#press(event));
    sheet.addEventListener("keyup", ({ key }) => this.#held.delete(key));
    sheet.addEventListener("blur", () => this.#leave());
    sheet.addEventListener("pointerdown", () => this.#leave());
    // Whoever ends its stroke: undo, and a page that is left, too.
    drawing.changed.listen(() => drawing.open || this.#lift());
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ARROWS) {
      this.#held.add(event.key);
      this.#move(event.shiftKey ? FINE_STEP : STEP, event.timeStamp);
    } else if (event.key === " " && !event.repeat) this.#toggle(event.timeStamp);
    else return;
    event.preventDefault();
    this.#show();
  }

  /**
   * @param {number} step
   * @param {number} t
   */
  #move(step, t) {
    for (const key of this.#held) {
      const [dx, dy] = ARROWS[key];
      this.#x = Math.max(0, Math.min(PAGE, this.#x + dx * step));
      this.#y = Math.max(0, Math.min(PAGE, this.#y + dy * step));
    }
    if (this.#isDown) this.#drawing.extend([this.#point(t)]);
  }

  /** @param {number} t */
  #toggle(t) {
    const point = this.#point(t);
    if (this.#isDown) this.#drawing.end();
    else if (this.#hand.isErasing()) this.#erase(strokeAt(this.#drawing.strokes, point, point));
    else {
      this.#drawing.begin(point, this.#hand.pen());
      this.#isDown = true;
      this.#hand.said("Pen down");
    }
  }

  /** @param {number} index  of a stroke; −1: none */
  #erase(index) {
    if (index >= 0) this.#drawing.erase(index);
    this.#hand.said(index < 0 ? "No stroke here" : "Stroke erased");
  }

  #leave() {
    this.#held.clear();
    this.#mark.hidden = true;
    if (this.#isDown) this.#drawing.end();
  }

  #lift() {
    if (this.#isDown) this.#hand.said("Pen up");
    this.#isDown = false;
    this.#mark.classList.remove("down");
  }

  #show() {
    this.#mark.hidden = false;
    this.#mark.classList.toggle("down", this.#isDown);
    // Not in pixels: the sheet may become larger or smaller.
    this.#mark.style.left = `${(100 * this.#x) / PAGE}%`;
    this.#mark.style.top = `${(100 * this.#y) / PAGE}%`;
    this.#mark.scrollIntoView({ block: "nearest" });
  }

  /**
   * @param {number} t
   * @returns {Point}
   */
  #point(t) {
    return { x: this.#x, y: this.#y, t, pressure: 0.5 };
  }
}
