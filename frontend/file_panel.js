/**
 * The file panel: the drawing out as PNG, SVG or ink, and ink in again.
 *
 * @import { Drawing } from "./drawing.js"
 * @import { Palette } from "./palette.js"
 */
import { download, pngOf, svgOf } from "./exports.js";
import { readInk, writeInk } from "./ink_file.js";

export class FilePanel {
  #drawing;
  #said;

  /**
   * @param {HTMLElement} root
   * @param {Drawing} drawing
   * @param {Palette} palette
   * @param {(text: string) => void} said  tells the writer what came of it
   */
  constructor(root, drawing, palette, said) {
    this.#drawing = drawing;
    this.#said = said;
    const [png, svg, ink, open] = root.querySelectorAll("button");
    const chooser = /** @type {HTMLInputElement} */ (root.querySelector("input"));
    png.addEventListener("click", async () => this.#save("png", await pngOf(drawing.strokes, palette)));
    svg.addEventListener("click", () => this.#save("svg", svgOf(drawing.strokes, palette), "image/svg+xml"));
    ink.addEventListener("click", () => this.#save("json", JSON.stringify(writeInk(drawing.strokes)), "application/json"));
    open.addEventListener("click", () => chooser.click());
    chooser.addEventListener("change", () => {
      if (chooser.files?.length) this.open(chooser.files[0]);
      chooser.value = "";
    });
    root.addEventListener("click", ({ target }) => target !== chooser && root.hidePopover());
    const render = () => [png, svg, ink].forEach((button) => (button.disabled = drawing.isBlank));
    drawing.changed.listen(render);
    render();
  }

  /**
   * Put the ink of a file in the place of the drawing; undo brings that back.
   *
   * @param {Blob} file
   */
  async open(file) {
    try {
      this.#drawing.replace(readInk(JSON.parse(await file.text())));
      this.#said("Ink opened");
    } catch (error) {
      this.#said(error instanceof TypeError ? error.message : "Expected a file with ink in JSON");
    }
  }

  /**
   * @param {string} ending
   * @param {BlobPart} content
   * @param {string} [type]
   */
  #save(ending, content, type) {
    download(`digit.${ending}`, new Blob([content], { type: type ?? "image/png" }));
  }
}
