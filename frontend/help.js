/**
 * The help: how the page is used, and every key it knows, out of the same table that the keys are dispatched by.
 * It also turns off those that are a single character.
 *
 * @import { Settings } from "./settings.js"
 */
import { isSingle } from "./keys.js";

/** @type {Record<string, string>} */
const NAMES = { Mod: /mac|iphone|ipad/i.test(globalThis.navigator?.platform ?? "") ? "⌘" : "Ctrl" };

/**
 * @param {HTMLDialogElement} dialog
 * @param {{ keys: string[], does: string }[]} bindings
 * @param {Settings} settings
 */
export function fillHelp(dialog, bindings, settings) {
  const list = /** @type {HTMLElement} */ (dialog.querySelector("dl"));
  list.innerHTML = bindings
    .map(({ keys, does }) => `<dt>${keys.map(caps).join(" or ")}</dt><dd>${does}</dd>`)
    .join("");
  const box = /** @type {HTMLInputElement} */ (dialog.querySelector("input"));
  box.addEventListener("change", () => settings.set({ singleKeys: box.checked }));
  const render = () => {
    const { singleKeys } = settings.values;
    box.checked = singleKeys;
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-key]"))) {
      button.ariaKeyShortcuts = (singleKeys && button.dataset.key) || null;
    }
  };
  settings.changed.listen(render);
  render();
}

/** @param {string} key  as the bindings spell it */
function caps(key) {
  const start = isSingle(key) ? '<kbd class="single">' : "<kbd>";
  return key.split("+").map((part) => `${start}${NAMES[part] ?? part}</kbd>`).join("");
}
