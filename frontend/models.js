/**
 * The models: which one reads the drawing, or which two side by side. Hidden while the server has only one.
 *
 * @import { Model } from "./protocol.js"
 * @import { Settings } from "./settings.js"
 */
export class ModelsView {
  #root;
  #settings;
  #labels;
  #selects;
  #compare;
  /** @type {Model[]} */
  #offered = [];

  /**
   * @param {HTMLElement} root
   * @param {Settings} settings
   */
  constructor(root, settings) {
    this.#root = root;
    this.#settings = settings;
    this.#labels = [...root.querySelectorAll("label")];
    this.#selects = [...root.querySelectorAll("select")];
    this.#compare = /** @type {HTMLButtonElement} */ (root.querySelector("button"));
    for (const select of this.#selects) select.addEventListener("change", () => this.#choose());
    this.#compare.addEventListener("click", () => this.#toggle());
    settings.changed.listen(() => this.#render());
  }

  /**
   * Take the server's list; the default stands first.
   *
   * @param {Model[]} models
   */
  offer(models) {
    this.#offered = [...models].sort((a, b) => Number(b.default ?? false) - Number(a.default ?? false));
    for (const select of this.#selects) {
      select.replaceChildren(...this.#offered.map(({ name }) => new Option(name)));
    }
    this.#render();
  }

  #render() {
    const { models } = this.#settings.values;
    const isCompared = models.length > 1;
    this.#root.hidden = this.#offered.length < 2 && !isCompared;
    this.#labels[1].hidden = !isCompared;
    this.#compare.ariaPressed = String(isCompared);
    this.#selects.forEach((select, i) => {
      const isOffered = this.#offered.some(({ name }) => name === models[i]);
      select.value = isOffered ? models[i] : (this.#offered[0]?.name ?? "");
    });
  }

  #choose() {
    const count = this.#settings.values.models.length;
    this.#settings.set({ models: this.#selects.slice(0, count).map((select) => select.value) });
  }

  #toggle() {
    const [first] = this.#selects.map((select) => select.value);
    const isCompared = this.#settings.values.models.length > 1;
    const rival = this.#offered.find(({ name }) => name !== first);
    if (isCompared || !rival) this.#settings.set({ models: [first] });
    else this.#settings.set({ models: [first, rival.name] });
  }
}
