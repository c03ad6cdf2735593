/**
 * The toolbar: undo, redo, clear and eraser, as far as each has something to do; and where its panels open.
 *
 * @import { Drawing } from "./drawing.js"
 * @import { Settings } from "./settings.js"
 */
export class Toolbar {
  #buttons;
  #sheet;
  #drawing;
  #settings;

  /**
   * @param {HTMLElement} easel
   * @param {Drawing} drawing
   * @param {Settings} settings
   */
  constructor(easel, drawing, settings) {
    const button = (/** @type {string} */ id) => /** @type {HTMLButtonElement} */ (easel.querySelector(`#${id}`));
    this.#buttons = { undo: button("undo"), redo: button("redo"), clear: button("clear"), eraser: button("eraser") };
    this.#sheet = /** @type {HTMLElement} */ (easel.querySelector("#sheet"));
    this.#drawing = drawing;
    this.#settings = settings;
    this.#buttons.undo.addEventListener("click", () => drawing.undo());
    this.#buttons.redo.addEventListener("click", () => drawing.redo());
    this.#buttons.clear.addEventListener("click", () => drawing.clear());
    this.#buttons.eraser.addEventListener("click", () => this.toggleEraser());
    for (const panel of /** @type {NodeListOf<HTMLElement>} */ (easel.querySelectorAll("[popover]"))) keepAbove(panel);
    drawing.changed.listen((change) => change !== "grew" && this.#render());
    settings.changed.listen(() => this.#render());
    this.#render();
  }

  toggleEraser() {
    this.#settings.set({ tool: this.#settings.values.tool === "eraser" ? "pen" : "eraser" });
  }

  #render() {
    const { undo, redo, clear, eraser } = this.#buttons;
    const chosen = document.activeElement;
    undo.disabled = !this.#drawing.canUndo;
    redo.disabled = !this.#drawing.canRedo;
    clear.disabled = this.#drawing.isBlank;
    eraser.ariaPressed = String(this.#settings.values.tool === "eraser");
    // A disabled button loses the focus, and the keyboard its place on the page.
    if (chosen?.matches(":disabled")) this.#sheet.focus({ preventScroll: true });
  }
}

/**
 * Keep an open panel above its button: below is the edge of the window.
 *
 * @param {HTMLElement} panel
 */
function keepAbove(panel) {
  const opener = /** @type {HTMLElement} */ (document.querySelector(`[popovertarget="${panel.id}"]`));
  const place = () => {
    if (!panel.matches(":popover-open")) return;
    const { left, top } = opener.getBoundingClientRect();
    const room = document.body.clientWidth - panel.offsetWidth - 8;
    panel.style.left = `${Math.max(8, Math.min(left, room))}px`;
    panel.style.top = `${Math.max(8, top - panel.offsetHeight - 8)}px`;
  };
  // Once it has a size, before it is first painted: `toggle` can come a frame later.
  panel.addEventListener("beforetoggle", () => requestAnimationFrame(place));
  for (const shift of ["resize", "scroll"]) addEventListener(shift, place);
}
