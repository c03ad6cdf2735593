/**
 * The picture batch: files in, one row for each picture out, filled as the server answers. No DOM.
 *
 * The page starts it, and the table of pictures renders its rows.
 *
 * @import { Belief } from "./reading.js"
 *
 * @typedef {{ name: string, file: Blob | null, belief: Belief | null, fault: string }} Row  file: null for one in a ZIP
 */
import { believe } from "./reading.js";
import { Signal } from "./signal.js";

/** One request carries this much at most: progress stays visible and a server's limit is not met. */
const MOST_FILES = 50;
const MOST_BYTES = 8_000_000;
/** Below this a digit deserves a second look. */
const CONFIDENT = 0.9;
const SILENCE = "The server said nothing about it";
const NOBODY = "The server is out of reach";

export class PictureBatch {
  /** @type {Signal<Row | null>} */
  changed = new Signal();
  /** @type {Row[]} */
  rows = [];

  #runs = 0;
  #address;
  #fetch;

  /**
   * @param {() => string | URL} address  of POST /v1/batch, with the model in force when it is asked
   * @param {(address: string | URL, request: RequestInit) => Promise<Response>} [send]
   */
  constructor(address, send = (...request) => fetch(...request)) {
    this.#address = address;
    this.#fetch = send;
  }

  get isRunning() {
    return this.#runs > 0;
  }

  /** How many rows have their answer. */
  get done() {
    return this.rows.filter((row) => !isWaiting(row)).length;
  }

  /**
   * Have files read, one request after the other; other runs may be under way. Answers the rows that came of it.
   *
   * @param {readonly File[]} files  pictures and ZIP archives of them
   */
  async run(files) {
    this.#runs += 1;
    const portions = portionsOf(files).map((portion) => ({ portion, rows: this.#announce(portion) }));
    for (const { portion, rows } of portions) {
      const sound = await this.#sift(portion, rows);
      try {
        if (sound.length) await this.#ask(sound, rows);
      } catch (error) {
        // What is in an archive is not known yet: it stands for that.
        for (const file of sound.filter(isArchive)) this.#add(rows, file);
        this.#fail(rows, error instanceof Error ? error.message : String(error));
      }
      this.#fail(rows, SILENCE);
    }
    this.#runs -= 1;
    this.changed.emit(null);
    return portions.flatMap(({ rows }) => rows);
  }

  /** @param {readonly File[]} files */
  #announce(files) {
    /** @type {Row[]} */
    const rows = [];
    for (const file of files) if (!isArchive(file)) this.#add(rows, file);
    this.changed.emit(null);
    return rows;
  }

  /**
   * @param {Row[]} rows  of the request
   * @param {File | string} source  the file, or the name of what an archive holds
   */
  #add(rows, source) {
    const name = typeof source === "string" ? source : nameOf(source);
    const file = typeof source === "string" || isArchive(source) ? null : source;
    /** @type {Row} */
    const row = { name, file, belief: null, fault: "" };
    this.rows.push(row);
    rows.push(row);
    return row;
  }

  /**
   * The files that can be read; a folder that was dropped can't, and would fail the request with all that is in it.
   *
   * @param {readonly File[]} files
   * @param {Row[]} rows
   */
  async #sift(files, rows) {
    const sound = [];
    for (const file of files) {
      try {
        await file.slice(0, 1).arrayBuffer();
        sound.push(file);
      } catch {
        const row = rows.find((one) => one.file === file) ?? this.#add(rows, file);
        this.#fail([row], "Expected a file that can be read");
      }
    }
    return sound;
  }

  /**
   * @param {readonly File[]} files
   * @param {Row[]} rows
   */
  async #ask(files, rows) {
    const body = new FormData();
    for (const file of files) body.append("picture", file, nameOf(file));
    const response = await this.#fetch(this.#address(), { method: "POST", body }).catch(() => {
      // Each browser has words of its own for that.
      throw new Error(NOBODY);
    });
    if (!response.ok) throw new Error(await refusal(response));
    let isWhole = false;
    for await (const line of linesOf(response)) isWhole = !this.#hear(JSON.parse(line), rows);
    if (!isWhole) throw new Error(SILENCE);
  }

  /**
   * Whether a line is about a picture; the last one is a summary and names none.
   *
   * @param {any} line  of the answer
   * @param {Row[]} rows
   */
  #hear(line, rows) {
    if (typeof line.name !== "string") return false;
    const row = rows.find((one) => one.name === line.name && isWaiting(one)) ?? this.#add(rows, line.name);
    if (line.verdict) row.belief = believe(line);
    else row.fault = line.error?.message ?? "No answer";
    this.changed.emit(row);
    return true;
  }

  /**
   * @param {Row[]} rows
   * @param {string} fault
   */
  #fail(rows, fault) {
    for (const row of rows.filter(isWaiting)) {
      row.fault = fault;
      this.changed.emit(row);
    }
  }
}

/**
 * Whether a person should look at it: unsure, not a digit, not read at all, or not quite sure.
 *
 * @param {Row} row
 */
export function isDoubtful({ belief, fault }) {
  if (!belief) return fault !== "";
  return belief.verdict !== "digit" || (belief.confidence ?? 0) < CONFIDENT;
}

/** @param {Row} row */
export function isRead({ belief }) {
  return belief !== null;
}

/** @param {readonly Row[]} rows */
export function csvOf(rows) {
  const head = ["name", "verdict", "digit", "confidence", ..."0123456789", "error"];
  const lines = rows.map(({ name, belief, fault }) => [
    name,
    belief?.verdict ?? "",
    belief?.digit ?? "",
    belief?.confidence ?? "",
    ...(belief?.probabilities ?? Array(10).fill("")),
    fault,
  ]);
  return [head, ...lines].map((cells) => cells.map(cellOf).join(",") + "\r\n").join("");
}

/** @param {readonly Row[]} rows */
export function jsonOf(rows) {
  const plain = rows.map(({ name, belief, fault }) => {
    if (!belief) return { name, error: fault };
    const { verdict, digit, confidence, probabilities } = belief;
    return { name, verdict, digit, confidence, probabilities };
  });
  return `${JSON.stringify(plain, null, 1)}\n`;
}

/** @param {Row} row */
function isWaiting({ belief, fault }) {
  return !belief && !fault;
}

/** @param {File} file */
function isArchive({ name, type }) {
  return type.includes("zip") || /\.zip$/i.test(name);
}

/**
 * Its name as the server will repeat it: these characters of a multipart name are rewritten on their way.
 *
 * @param {File} file
 */
function nameOf({ name }) {
  return name.replace(/["\\\r\n]/g, "_");
}

/**
 * RFC 4180; a cell that a spreadsheet would run as a formula is kept as text.
 *
 * @param {string | number} value
 */
function cellOf(value) {
  const text = String(value);
  return typeof value === "string" && /^[=+\-@]|[",\r\n]/.test(text)
    ? `"${/^[=+\-@]/.test(text) ? "'" : ""}${text.replaceAll('"', '""')}"`
    : text;
}

/**
 * The files of each request: one archive, or pictures.
 *
 * @param {readonly File[]} files
 */
function portionsOf(files) {
  /** @type {File[][]} */
  const portions = [];
  let bytes = 0;
  for (const file of files) {
    const last = portions.at(-1);
    bytes += file.size;
    const isFull = !last || last.length >= MOST_FILES || bytes > MOST_BYTES;
    if (isFull || last.some((other) => areMixed(file, other))) {
      portions.push([file]);
      bytes = file.size;
    } else last.push(file);
  }
  return portions;
}

/**
 * Whether answers about two files could be taken for each other: they come as they are ready, with a name alone, and
 * an archive may hold any.
 *
 * @param {File} one
 * @param {File} other
 */
function areMixed(one, other) {
  return isArchive(one) || isArchive(other) || nameOf(one) === nameOf(other);
}

/** @param {Response} response */
async function refusal(response) {
  const said = await response.json().catch(() => null);
  return said?.error?.message ?? `The server refused (${response.status})`;
}

/** @param {Response} response */
async function* linesOf(response) {
  const decoder = new TextDecoder();
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const lines = (rest + decoder.decode(value, { stream: !done })).split("\n");
    rest = done ? "" : /** @type {string} */ (lines.pop());
    yield* lines.filter((line) => line.trim());
    if (done) return;
  }
}
