/**
 * The page: builds the models, hangs the views on them, and connects.
 *
 * State flows one way. Pointer and keys change the drawing; the drawing goes to the sessions; their answers go to
 * the readings; views render what drawing, readings, settings and connection emit. Controls change models, never views.
 *
 * @import { Snapshot } from "./drawing.js"
 * @import { PictureBatch } from "./picture_batch.js"
 */
import { Announcer } from "./announcer.js";
import { CanvasView } from "./canvas.js";
import { browserClock, Connection, openSocket, socketAddress } from "./connection.js";
import { KeyboardCursor } from "./cursor.js";
import { knockAt } from "./doorstep.js";
import { Drawing } from "./drawing.js";
import { FilePanel } from "./file_panel.js";
import { onNextFrame } from "./frames.js";
import { fillHelp } from "./help.js";
import { readInk, writeInk } from "./ink_file.js";
import { listenForKeys } from "./keys.js";
import { Latency } from "./latency.js";
import { ModelsView } from "./models.js";
import { Notice } from "./notice.js";
import { Palette } from "./palette.js";
import { Panel } from "./panel.js";
import { PenPanel } from "./pen_panel.js";
import { takeFiles } from "./picture_input.js";
import { PointerInput } from "./pointer.js";
import { ReadoutView } from "./readout.js";
import { Replay } from "./replay.js";
import { Settings } from "./settings.js";
import { StatusView } from "./status.js";
import { StepsView } from "./steps.js";
import { browserShelves, Store } from "./store.js";
import { TimelineView } from "./timeline.js";
import { Token } from "./token.js";
import { Toolbar } from "./toolbar.js";

const DRAWING_KEY = "live-digits.drawing";
const NOT_LOADED = "That did not load. Try again.";
const ADDRESS = socketAddress(document.baseURI);

const store = new Store(browserShelves());
const settings = new Settings(store);
const palette = new Palette(settings);
const drawing = new Drawing(keptStrokes());
const token = takeToken();

const results = element("results");
const panels = [newPanel()];
const [{ session, reading, connection }] = panels;
const notice = new Notice(element("notice"), browserClock);
const announcer = new Announcer(element("announcer"), browserClock);
const replay = new Replay(drawing, {
  look,
  ask,
  clock: browserClock,
  nextFrame: onNextFrame,
});

/** @type {Promise<PictureBatch | void> | undefined} */
let pictures;

hangViews();
hangControls();
followDrawing();
followSettings();
followConnection();

function hangViews() {
  new StatusView(element("status"), connection);
  new ReadoutView(element("readout"), new Latency(session, browserClock), browserClock);
  const models = new ModelsView(element("models"), settings);
  session.models.listen((offered) => models.offer(offered));
  session.faults.listen(({ message, retryable }) => retryable || notice.show(message));
  reading.changed.listen((belief) => reading.lookedAt === null && announcer.settle(belief));
}

function hangControls() {
  const sheet = element("sheet");
  const canvas = new CanvasView(sheet, drawing, palette);
  const pen = () => {
    const { brush, colour, width } = settings.values;
    return { brush, colour, width };
  };
  const isErasing = () => settings.values.tool === "eraser";
  // Before the pointer: a press lifts the keyboard's pen, and only then begins a stroke of its own.
  new KeyboardCursor(sheet, drawing, { pen, isErasing, said: (text) => announcer.say(text) });
  new PointerInput(sheet, drawing, { pen, isErasing, predicted: (points) => canvas.predict(points) });
  new PenPanel(element("pens"), settings);
  const files = new FilePanel(element("files"), drawing, palette, (text) => notice.show(text));
  const toolbar = new Toolbar(/** @type {HTMLElement} */ (sheet.parentElement), drawing, settings);
  hangTimeline(canvas);
  hangWhy(canvas);
  hangKeys(toolbar);
  takeFiles(element("pictures"), { pictures: readPictures, ink: (file) => files.open(file) });
}

/** @param {File[]} files */
async function readPictures(files) {
  pictures ??= openPictures().catch(() => {
    pictures = undefined;
    notice.show(NOT_LOADED);
  });
  const batch = await pictures;
  if (!batch) return;
  // What was said of other pictures may be said again of these.
  announcer.say("");
  const running = batch.run(files);
  element("pictures").scrollIntoView({ block: "start" });
  const rows = await running;
  announcer.say(`${rows.filter(({ belief }) => belief).length} of ${rows.length} pictures read`);
}

/** Loaded with the first picture: who only draws needs none of it. */
async function openPictures() {
  const [{ PictureBatch }, { PictureTable }] = await Promise.all([
    import("./picture_batch.js"),
    import("./picture_table.js"),
  ]);
  const address = () => {
    const url = new URL("v1/batch?include=input", document.baseURI);
    const model = panels[0].inForce || settings.values.models[0];
    if (model) url.searchParams.set("model", model);
    return url;
  };
  const send = (/** @type {string | URL} */ url, /** @type {RequestInit} */ request) =>
    fetch(url, { ...request, headers: token.headers });
  const batch = new PictureBatch(address, send);
  new PictureTable(element("table"), batch);
  return batch;
}

/** @param {CanvasView} canvas */
function hangTimeline(canvas) {
  const chart = /** @type {HTMLCanvasElement} */ (element("chart"));
  const scrub = /** @type {HTMLInputElement} */ (element("scrub"));
  const button = element("replay");
  const timeline = new TimelineView({ chart, scrub }, drawing, reading, canvas);
  palette.changed.listen(() => timeline.ask());
  scrub.addEventListener("input", () => {
    const points = Number(scrub.value);
    lookAt(points < drawing.points ? points : null);
  });
  // It was a swipe that scrolls the page.
  scrub.addEventListener("pointercancel", () => lookAt(null));
  button.addEventListener("click", toggleReplay);
  replay.changed.listen((isPlaying) => {
    /** @type {HTMLElement} */ (button.querySelector("span")).textContent = isPlaying ? "Stop" : "Replay";
  });
}

/**
 * Look at an earlier point, and ask about it: ink that was kept, or another model, has no belief there yet.
 *
 * @param {number | null} points  null: the present
 */
function lookAt(points) {
  replay.stop();
  look(points);
  ask(drawing.snapshot(points));
}

/** @param {number | null} points */
function look(points) {
  for (const panel of panels) panel.reading.look(points);
}

/** @param {Snapshot} snapshot */
function ask(snapshot) {
  for (const panel of panels) panel.session.offer(snapshot);
}

function toggleReplay() {
  if (replay.isPlaying) replay.stop();
  else replay.play();
}

/** @param {CanvasView} canvas */
function hangWhy(canvas) {
  const steps = new StepsView(element("steps"), drawing, reading);
  const button = element("why");
  const models = { drawing, reading, session, settings, palette };
  /** Loaded when it is first wanted. */
  const show = async () => (await import("./why_view.js")).open(button, models, { canvas, steps, bars: results });
  /** @type {Promise<void> | undefined} */
  let opening;
  const follow = () => {
    const { explains } = settings.values;
    button.ariaPressed = String(explains);
    if (explains) opening ??= show().catch(() => {
      opening = undefined;
      settings.set({ explains: false });
      notice.show(NOT_LOADED);
    });
  };
  button.addEventListener("click", () => settings.set({ explains: !settings.values.explains }));
  settings.changed.listen(follow);
  follow();
}

/** @param {Toolbar} toolbar */
function hangKeys(toolbar) {
  const dialog = /** @type {HTMLDialogElement} */ (element("keys"));
  const bindings = [
    { keys: ["Mod+Z", "Z"], does: "Undo", act: () => drawing.undo() },
    { keys: ["Mod+Shift+Z", "Mod+Y", "Y"], does: "Redo", act: () => drawing.redo() },
    { keys: ["Delete", "Backspace", "C"], does: "Clear the page", act: () => drawing.clear() },
    { keys: ["E"], does: "Pen or eraser", act: () => toolbar.toggleEraser() },
    { keys: ["R"], does: "Replay the drawing", act: toggleReplay },
    { keys: ["W"], does: "Why: which strokes speak for the digit", act: () => element("why").click() },
    { keys: ["[", "]"], does: "Narrower, broader pen", act: (/** @type {string} */ key) => broaden(key === "]" ? 6 : -6) },
    { keys: ["T"], does: "Light, dark or the system’s theme", act: turnTheme },
    { keys: ["Escape"], does: "Back to the present", act: () => lookAt(null) },
    { keys: ["?"], does: "Show this", act: () => dialog.showModal() },
  ];
  const drawingKeys = [
    { keys: ["Space"], does: "On the sheet: pen down, pen up; or erase" },
    { keys: ["Arrows"], does: "On the sheet: move the pen, with Shift in small steps" },
  ];
  listenForKeys(bindings, () => settings.values.singleKeys);
  fillHelp(dialog, [...bindings, ...drawingKeys], settings);
  element("help").addEventListener("click", () => dialog.showModal());
  element("theme").addEventListener("click", turnTheme);
}

/** @param {number} units */
function broaden(units) {
  settings.set({ width: Math.max(12, Math.min(96, settings.values.width + units)) });
}

function turnTheme() {
  const next = /** @type {const} */ ({ auto: "light", light: "dark", dark: "auto" });
  settings.set({ theme: next[settings.values.theme] });
}

function followDrawing() {
  const sheet = element("sheet");
  const render = () => sheet.classList.toggle("blank", drawing.isBlank);
  drawing.changed.listen((change) => {
    render();
    ask(drawing.snapshot());
    if (change === "ended" || change === "rewritten") store.write(DRAWING_KEY, writeInk(drawing.strokes));
  });
  // A reload does not lift the pen.
  addEventListener("pagehide", () => drawing.end());
  render();
  session.offer(drawing.snapshot());
}

function followSettings() {
  const render = () => {
    document.documentElement.dataset.theme = settings.values.theme;
    element("theme").title = `Theme: ${settings.values.theme}`;
    element("sheet").style.backgroundColor = palette.page;
    element("sheet").classList.toggle("erasing", settings.values.tool === "eraser");
    element("sheet").style.color = palette.inkOf("");
    arrangePanels();
  };
  palette.changed.listen(render);
  render();
}

/** As many panels as models are chosen, each asking the one that it is for. */
function arrangePanels() {
  const { models } = settings.values;
  while (panels.length > models.length) panels.pop()?.remove();
  while (panels.length < models.length) {
    const panel = newPanel();
    panel.connection.open();
    panels.push(panel);
    lookAt(reading.lookedAt);
  }
  models.forEach((model, i) => panels[i].choose(model));
  results.classList.toggle("compared", models.length > 1);
}

function followConnection() {
  connection.changed.listen((state) => {
    if (state === "waiting") announcer.say(connection.reason || "Connection lost");
    if (state === "ready") announcer.say("Connected");
  });
  const retry = () => panels.forEach((panel) => panel.connection.retry());
  knockAt(/** @type {HTMLDialogElement} */ (element("door")), connection, token, { address: ADDRESS, retry });
  addEventListener("online", retry);
  connection.open();
}

function newPanel() {
  return new Panel(results, drawing, new Connection(ADDRESS, { open: (url) => openSocket(url, token.value) }));
}

/** The token that the address brings, which is shown to nobody who looks at the window or the history. */
function takeToken() {
  addEventListener("hashchange", () => location.reload());
  const token = new Token(new Store(browserShelves().slice(0, 1)), location.hash);
  if (token.isInAddress) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

function keptStrokes() {
  try {
    return readInk(store.read(DRAWING_KEY));
  } catch {
    return [];
  }
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
