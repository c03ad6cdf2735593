/**
 * The picture table: what the model read in pictures that were dropped, pasted or chosen.
 *
 * Loaded with the first picture; who only draws never pays for it.
 *
 * @import { PictureBatch, Row } from "./picture_batch.js"
 */
import { download } from "./exports.js";
import { eachFrame } from "./frames.js";
import { pixelsOf } from "./image.js";
import { csvOf, isDoubtful, isRead, jsonOf } from "./picture_batch.js";
import { percent } from "./verdict.js";

const THUMB_PX = 56;
/** Pictures decoded at a time: a photo of 12 megapixels takes 48 MB until it is small. */
const MOST_DECODED = 3;
/** Between rows that come: each lays out all of the table, and thousands may come within seconds. */
const GAP_MS = 500;

/** What a column is sorted by. @type {Record<string, (row: Row) => string | number>} */
const KEYS = {
  name: ({ name }) => name,
  digit: ({ belief }) => belief?.digit ?? 10,
  confidence: ({ belief }) => belief?.confidence ?? -1,
  verdict: ({ belief, fault }) => (fault ? "~" : (belief?.verdict ?? "")),
};
/** @type {Record<string, string>} */
const VERDICTS = { digit: "Digit", unsure: "Unsure", not_a_digit: "Not a digit", blank: "Blank" };

const MARKUP = `
  <div class="bar">
    <strong class="summary"></strong><progress aria-label="Pictures read" hidden></progress>
    <label><input type="checkbox"> Only doubtful ones</label>
    <button type="button" class="quiet csv">Save CSV</button><button type="button" class="quiet json">Save JSON</button>
  </div>
  <div class="scroll" tabindex="0" role="region" aria-label="Pictures that were read">
    <table>
      <thead><tr><th scope="col">Picture</th><th scope="col">Model sees</th><th scope="col" data-key="name"><button>Name</button></th><th scope="col" data-key="digit"><button>Digit</button></th><th scope="col" data-key="confidence"><button>Confidence</button></th><th scope="col" data-key="verdict"><button>Verdict</button></th></tr></thead>
      <tbody></tbody>
    </table>
  </div>`;

export class PictureTable {
  #root;
  #batch;
  #body;
  #progress;
  #doubtful;
  #summary;
  /** @type {Map<Row, HTMLTableRowElement>} */
  #lines = new Map();
  #sortedBy = "";
  #isDescending = false;
  /** Of each that are decoded at a time, the last picture that waits for its turn. */
  #turns = Array.from({ length: MOST_DECODED }, () => Promise.resolve());

  /**
   * @param {HTMLElement} root  filled here
   * @param {PictureBatch} batch
   */
  constructor(root, batch) {
    root.innerHTML = MARKUP;
    root.before(Object.assign(document.createElement("link"), { rel: "stylesheet", href: "pictures.css" }));
    const find = (/** @type {string} */ selector) => /** @type {any} */ (root.querySelector(selector));
    this.#root = root;
    this.#batch = batch;
    this.#body = /** @type {HTMLElement} */ (find("tbody"));
    this.#progress = /** @type {HTMLProgressElement} */ (find("progress"));
    this.#doubtful = /** @type {HTMLInputElement} */ (find("input[type=checkbox]"));
    this.#summary = /** @type {HTMLElement} */ (find(".summary"));
    this.#doubtful.addEventListener("change", () => this.#render());
    for (const button of root.querySelectorAll("th button")) button.addEventListener("click", () => this.#sort(button));
    find(".csv").addEventListener("click", () => download("digits.csv", new Blob([csvOf(batch.rows)], { type: "text/csv" })));
    find(".json").addEventListener("click", () => download("digits.json", new Blob([jsonOf(batch.rows)])));
    const ask = eachFrame(() => this.#render(), GAP_MS);
    batch.changed.listen((row) => {
      if (!row) return this.#render();
      this.#fill(row);
      ask();
    });
  }

  #render() {
    const { rows, done, isRunning } = this.#batch;
    for (const row of rows) {
      if (!this.#lines.has(row)) this.#append(row);
      /** @type {HTMLElement} */ (this.#lines.get(row)).hidden = this.#doubtful.checked && !isDoubtful(row);
    }
    this.#root.hidden = rows.length === 0 && !isRunning;
    this.#progress.hidden = !isRunning;
    this.#progress.max = rows.length || 1;
    this.#progress.value = done;
    const doubtful = rows.filter(isDoubtful).length;
    this.#summary.textContent = isRunning
      ? `${done} of ${rows.length} done`
      : `${rows.filter(isRead).length} of ${rows.length} read, ${doubtful} to look at`;
    if (!isRunning) this.#arrange();
  }

  /** @param {Row} row */
  #append(row) {
    const line = document.createElement("tr");
    for (let i = 0; i < 6; i++) line.insertCell();
    line.cells[2].textContent = row.name;
    if (row.file) this.#showThumb(line.cells[0], row.file);
    this.#lines.set(row, line);
    this.#body.append(line);
    this.#fill(row);
  }

  /**
   * @param {HTMLElement} cell
   * @param {Blob} file
   */
  #showThumb(cell, file) {
    const canvas = square(cell, THUMB_PX * devicePixelRatio);
    const turn = this.#lines.size % MOST_DECODED;
    this.#turns[turn] = this.#turns[turn].then(() => paintThumb(canvas, file));
  }

  /** @param {Row} row */
  #fill(row) {
    const line = this.#lines.get(row);
    if (!line) return;
    const { belief, fault } = row;
    line.dataset.verdict = fault ? "fault" : (belief?.verdict ?? "waiting");
    if (fault) return explain(line, fault);
    line.cells[3].textContent = belief?.digit === null || !belief ? "" : String(belief.digit);
    line.cells[4].textContent = belief?.confidence ? percent(belief.confidence) : "";
    line.cells[5].textContent = belief ? VERDICTS[belief.verdict] : "…";
    if (belief?.image) showImage(line.cells[1], belief.image);
  }

  /** @param {Element} button  in the head of the column */
  #sort(button) {
    const head = /** @type {HTMLTableCellElement} */ (button.parentElement);
    const name = /** @type {string} */ (head.dataset.key);
    this.#isDescending = this.#sortedBy === name && !this.#isDescending;
    this.#sortedBy = name;
    for (const other of this.#root.querySelectorAll("th")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", this.#isDescending ? "descending" : "ascending");
    this.#arrange();
  }

  /** Have the lines in the order that was chosen, those that came since among them. */
  #arrange() {
    const key = KEYS[this.#sortedBy];
    if (!key) return;
    const sign = this.#isDescending ? -1 : 1;
    const order = [...this.#lines].sort(([a], [b]) => sign * compare(key(a), key(b)));
    this.#body.append(...order.map(([, line]) => line));
  }
}

/**
 * Say what is wrong in the room of all that was not read: beside them it would be a word wide on a phone.
 *
 * @param {HTMLTableRowElement} line
 * @param {string} fault
 */
function explain(line, fault) {
  while (line.cells.length > 4) line.deleteCell(-1);
  line.cells[3].colSpan = 3;
  line.cells[3].textContent = fault;
}

/**
 * @param {string | number} a
 * @param {string | number} b
 */
function compare(a, b) {
  return typeof a === "string" ? a.localeCompare(String(b), undefined, { numeric: true }) : a - Number(b);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Blob} file
 */
async function paintThumb(canvas, file) {
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(canvas.width / bitmap.width, canvas.height / bitmap.height);
    const [width, height] = [bitmap.width * scale, bitmap.height * scale];
    canvas.getContext("2d")?.drawImage(bitmap, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
    bitmap.close();
  } catch {
    // Not a picture that this browser reads; the server says whether it does.
    canvas.remove();
  }
}

/**
 * @param {HTMLElement} cell
 * @param {Uint8Array} image
 */
function showImage(cell, image) {
  square(cell, 28).getContext("2d")?.putImageData(pixelsOf(image), 0, 0);
}

/**
 * @param {HTMLElement} cell
 * @param {number} pixels
 */
function square(cell, pixels) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = pixels;
  cell.replaceChildren(canvas);
  return canvas;
}
