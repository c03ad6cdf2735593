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
  const give = (/** @type {Iterable<File> | undefined} */ list) => {
    const files = [...(list ?? [])];
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
  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || document.body.classList.remove("dropping"));
  addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    give(event.dataTransfer?.files);
  });
}
