/**
 * The settings: what the writer chose, kept across reloads. Views render them; controls change them through `set`.
 *
 * @import { Store } from "./store.js"
 *
 * @typedef {object} Values
 * @property {string} brush  a name in BRUSH_NAMES
 * @property {string} colour  of new strokes, "#rrggbb"; "" goes with the page
 * @property {number} width  of new strokes, in page units
 * @property {string} page  colour of the page, "#rrggbb"; "" goes with the theme
 * @property {"auto" | "light" | "dark"} theme
 * @property {"pen" | "eraser"} tool  not kept: a page opens with the pen
 * @property {boolean} explains  strokes show what speaks for the digit and what against it
 * @property {boolean} singleKeys  do what the table of keys says; some who dictate press keys that they never meant to
 * @property {string[]} models  whose results are shown, left to right; "" is the server's default
 */
import { Signal } from "./signal.js";

const KEY = "live-digits.settings";

/** @type {Readonly<Values>} */
export const DEFAULTS = Object.freeze({
  brush: "round",
  colour: "",
  width: 36,
  page: "",
  theme: "auto",
  tool: "pen",
  explains: false,
  singleKeys: true,
  models: [""],
});

export class Settings {
  /** @type {Signal<Values>} */
  changed = new Signal();
  /** @type {Values} */
  values;

  #store;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.values = { ...DEFAULTS, ...known(store.read(KEY)), tool: "pen" };
  }

  /** @param {Partial<Values>} some */
  set(some) {
    this.values = { ...this.values, ...some };
    this.#store.merge(KEY, some);
    this.changed.emit(this.values);
  }
}

/**
 * What an older or newer page left behind, as far as it means the same here.
 *
 * @param {any} kept
 * @returns {Partial<Values>}
 */
function known(kept) {
  const same = Object.entries(DEFAULTS).filter(
    ([name, value]) => typeof kept?.[name] === typeof value && Array.isArray(kept[name]) === Array.isArray(value),
  );
  const values = Object.fromEntries(same.map(([name]) => [name, kept[name]]));
  if (!/^(auto|light|dark)$/.test(values.theme)) delete values.theme;
  if (!values.models?.length) delete values.models;
  return values;
}
