/**
 * The keys: one table of what the keyboard does, for the dispatcher and for whoever wants to list it.
 *
 * @typedef {{ keys: string[], does: string, act: (key: string) => void }} Binding  keys: as `chord` spells them
 */

/**
 * Listen for the bindings everywhere but in fields and dialogs.
 *
 * @param {Binding[]} bindings
 * @param {() => boolean} takesSingle  whether a character on its own does anything (WCAG 2.1.4)
 */
export function listenForKeys(bindings, takesSingle) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isElsewhere(event.target)) return;
    if (isSingle(chord(event)) && !takesSingle()) return;
    const binding = bindings.find(({ keys }) => keys.includes(chord(event)));
    if (!binding) return;
    // Escape also closes what the browser has opened.
    if (event.key !== "Escape") event.preventDefault();
    binding.act(chord(event));
  });
}

/**
 * A key press as a word: "Mod+Shift+Z" (Mod: Control, or Command on a Mac), "C", "?".
 *
 * @param {Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">} event
 */
export function chord({ key, code, ctrlKey, metaKey, shiftKey, altKey }) {
  // Another script's letters: by their place, as on its keyboards Latin ones are printed.
  if (key > "\x7f" && code.startsWith("Key")) key = code[3];
  const name = key.length === 1 ? key.toUpperCase() : key;
  const isLetter = name.toLowerCase() !== name || key.length > 1;
  return [ctrlKey || metaKey ? "Mod+" : "", altKey ? "Alt+" : "", shiftKey && isLetter ? "Shift+" : "", name].join("");
}

/** @param {string} keys  as `chord` spells them */
export function isSingle(keys) {
  return keys.length === 1;
}

/**
 * Whether a key is meant for a field or a dialog.
 *
 * @param {EventTarget | null} target
 */
function isElsewhere(target) {
  return target instanceof Element && target.closest("input:not(#scrub), select, dialog") !== null;
}
