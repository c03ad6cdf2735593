/**
 * The page: builds the models, hangs the views on them, and connects.
 *
 * State flows one way. Pointer and keys change the drawing; the drawing goes to the session; the session's answers
 * go to the reading; views render what drawing, reading and connection emit, and change nothing themselves.
 */
import { BarsView } from "./bars.js";
import { CanvasView } from "./canvas.js";
import { Connection, socketAddress } from "./connection.js";
import { Drawing } from "./drawing.js";
import { ImageView } from "./image.js";
import { listenForKeys } from "./keys.js";
import { PointerInput } from "./pointer.js";
import { Reading } from "./reading.js";
import { Session } from "./session.js";
import { StatusView } from "./status.js";
import { VerdictView } from "./verdict.js";

/** @type {import("./drawing.js").Pen} */
const PEN = { brush: "round", colour: "", width: 36 };

const drawing = new Drawing();
const connection = new Connection(socketAddress(document.baseURI));
const session = new Session(connection);
const reading = new Reading(drawing);

drawing.changed.listen(() => session.offer(drawing.snapshot()));
session.answers.listen((answer) => reading.accept(answer));

const sheet = element("sheet");
const canvas = new CanvasView(sheet, drawing);
new PointerInput(sheet, drawing, { pen: () => PEN, predicted: (points) => canvas.predict(points) });
new VerdictView(element("verdict"), reading);
new BarsView(element("bars"), reading);
new ImageView(/** @type {HTMLCanvasElement} */ (element("image")), reading);
new StatusView(element("status"), connection);

const undo = /** @type {HTMLButtonElement} */ (element("undo"));
const clear = /** @type {HTMLButtonElement} */ (element("clear"));
undo.addEventListener("click", () => drawing.undo());
clear.addEventListener("click", () => drawing.clear());
listenForKeys([
  { keys: ["Mod+Z", "Z"], does: "Undo", act: () => drawing.undo() },
  { keys: ["Delete", "Backspace", "C"], does: "Clear", act: () => drawing.clear() },
]);

function renderTools() {
  sheet.classList.toggle("blank", drawing.isBlank);
  undo.disabled = !drawing.canUndo;
  clear.disabled = drawing.isBlank;
}
drawing.changed.listen(renderTools);
renderTools();

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => canvas.repaint());
addEventListener("online", () => connection.retry());
connection.open();

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
