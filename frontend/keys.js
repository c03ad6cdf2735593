/**
 * The keys: one table of what the keyboard does, for the dispatcher and for whoever wants to list it.
 *
 * @typedef {{ keys: string[], does: string, act: () => void }} Binding  keys: as `chord` spells them
 */

/**
 * Listen for the bindings everywhere but where text is typed.
 *
 * @param {Binding[]} bindings
 */
export function listenForKeys(bindings) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isTyping(event.target)) return;
    const binding = bindings.find(({ keys }) => keys.includes(chord(event)));
    if (!binding) return;
    event.preventDefault();
    binding.act();
  });
}

/**
 * A key press as a word: "Mod+Shift+Z" (Mod: Control, or Command on a Mac), "C", "?".
 *
 * @param {Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">} event
 */
export function chord({ key, ctrlKey, metaKey, shiftKey, altKey }) {
  const name = key.length === 1 ? key.toUpperCase() : key;
  const isLetter = name.toLowerCase() !== name || key.length > 1;
  return [ctrlKey || metaKey ? "Mod+" : "", altKey ? "Alt+" : "", shiftKey && isLetter ? "Shift+" : "", name].join("");
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement && target.matches("input, select, textarea, [contenteditable]");
}
