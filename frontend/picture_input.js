/**
 * The picture input: files dropped on the page, pasted into it, or chosen.
 *
 * @typedef {{ pictures: (files: File[]) => void, ink: (file: File) => void }} Takers
 */

/**
 * @param {HTMLElement} root  with the button, the chooser behind it, and the sign that a drop will be taken
 * @param {Takers} takers
 */
export function takeFiles(root, { pictures, ink }) {
  const chooser = /** @type {HTMLInputElement} */ (root.querySelector("input[type=file]"));
  /** @param {Iterable<File>} [list] */
  const give = (list = []) => {
    const files = [...list];
    const inks = files.filter(({ name, type }) => type === "application/json" || name.endsWith(".json"));
    const rest = files.filter((file) => !inks.includes(file));
    if (inks.length) ink(inks[0]);
    if (rest.length) pictures(rest);
  };
  root.querySelector("button")?.addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    give(chooser.files ?? []);
    chooser.value = "";
  });
  addEventListener("paste", ({ clipboardData }) => give(clipboardData?.files));
  /** @param {DragEvent} event */
  const drag = (event) => {
    // Text goes where it always went.
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    document.body.classList.toggle("dropping", event.type === "dragover" || event.relatedTarget !== null);
    // None before they are dropped.
    give(event.dataTransfer.files);
  };
  addEventListener("dragover", drag);
  addEventListener("dragleave", drag);
  addEventListener("drop", drag);
}
