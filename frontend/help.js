/**
 * The help: how the page is used, and every key it knows, out of the same table that the keys are dispatched by.
 */

/** @type {Record<string, string>} */
const NAMES = { Mod: /mac|iphone|ipad/i.test(globalThis.navigator?.platform ?? "") ? "⌘" : "Ctrl" };

/**
 * @param {HTMLDialogElement} dialog
 * @param {{ keys: string[], does: string }[]} bindings
 */
export function fillHelp(dialog, bindings) {
  const list = /** @type {HTMLElement} */ (dialog.querySelector("dl"));
  for (const { keys, does } of bindings) {
    const term = document.createElement("dt");
    const description = document.createElement("dd");
    keys.forEach((key, i) => term.append(i ? " or " : "", ...caps(key)));
    description.textContent = does;
    list.append(term, description);
  }
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
}

/** @param {string} key  as the bindings spell it */
function caps(key) {
  return key.split("+").map((part) => {
    const cap = document.createElement("kbd");
    cap.textContent = NAMES[part] ?? part;
    return cap;
  });
}
