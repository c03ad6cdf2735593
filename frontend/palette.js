/**
 * The palette: the colours in force, out of the settings and what the system prefers.
 *
 * @import { Settings } from "./settings.js"
 */
import { readable } from "./colours.js";
import { Signal } from "./signal.js";

/** The sheet in the style sheet's two schemes; ink is computed against it, so it has to be known here too. */
const SHEET = { light: "#fffefb", dark: "#1a1c22" };

export class Palette {
  /** @type {Signal<Palette>} */
  changed = new Signal();

  #settings;
  #systemIsDark = matchMedia("(prefers-color-scheme: dark)");

  /** @param {Settings} settings */
  constructor(settings) {
    this.#settings = settings;
    settings.changed.listen(() => this.changed.emit(this));
    this.#systemIsDark.addEventListener("change", () => this.changed.emit(this));
  }

  get isDark() {
    const { theme } = this.#settings.values;
    return theme === "auto" ? this.#systemIsDark.matches : theme === "dark";
  }

  /** Of the page, "#rrggbb". */
  get page() {
    return this.#settings.values.page || SHEET[this.isDark ? "dark" : "light"];
  }

  /**
   * The colour in which a stroke of this colour is painted.
   *
   * @param {string} colour
   */
  inkOf = (colour) => readable(colour, this.page);
}
