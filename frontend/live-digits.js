/**
 * `<live-digits src="wss://digits.example/v1/live">`: the sheet, the digit and the bars in anybody's page.
 *
 *   <script type="module" src="https://digits.example/live-digits.js"></script>
 *   <live-digits></live-digits>
 *
 * Attributes: `src`, a socket or the server's address (the one this file came from where it is missing);
 * `model`, one of the server's; `token`, where the server asks for one. Methods: `clear()`, `undo()`. Events, all of
 * which bubble: `prediction`, its detail what the server said; `connection`, its detail idle, connecting, ready or
 * waiting. Style it by `--accent`, `--sheet`, `--ink` and its `color` and `width`. It is drawn on with the pointer or
 * the keyboard, and made of the page's modules.
 */
import { Announcer } from "./announcer.js";
import { BarsView } from "./bars.js";
import { CanvasView } from "./canvas.js";
import { readable } from "./colours.js";
import { browserClock, Connection, openSocket, socketAddress } from "./connection.js";
import { KeyboardCursor } from "./cursor.js";
import { Drawing } from "./drawing.js";
import { PointerInput } from "./pointer.js";
import { Reading } from "./reading.js";
import { Session } from "./session.js";
import { DEFAULTS } from "./settings.js";
import { Signal } from "./signal.js";
import { VerdictView } from "./verdict.js";

const MARKUP = `
  <div class="sheet" tabindex="0" role="application" aria-label="Drawing surface. Arrow keys move, space puts the pen down and up.">
    <canvas></canvas><i class="cursor" hidden></i></div>
  <p class="tools"><button type="button">Undo</button><button type="button">Clear</button></p>
  <p class="away" hidden>Not connected</p>
  <div class="result">
    <div class="verdict"><b class="sign"></b><span><strong class="word"></strong><br><span class="detail"></span></span></div>
    <ol class="bars" aria-label="Probability of each digit, in percent"></ol>
  </div>
  <p class="unseen" aria-live="polite"></p>`;

const STYLE = `
  :host { display: block; width: 20rem; max-width: 100%; font-family: system-ui, sans-serif; --accent: #4a6cf7; --sheet: #fff; }
  :host([hidden]) { display: none; }
  * { box-sizing: border-box; margin: 0; padding: 0; }
  .sheet, .track, .fill { forced-color-adjust: none; }
  .sheet { position: relative; aspect-ratio: 1; background: var(--sheet); color: var(--ink); transition: background-color 1ms, color 1ms; border: 1px solid #8888;
    border-radius: .75rem; overflow: hidden; touch-action: none; cursor: crosshair; user-select: none; -webkit-user-select: none; }
  .sheet:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  .cursor { position: absolute; width: 1.25rem; height: 1.25rem; margin: -.625rem; border: 2px solid var(--accent); border-radius: 50%; pointer-events: none; }
  .cursor.down { background: var(--accent); }
  .cursor[hidden] { display: none; }
  canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
  .tools { display: flex; gap: .5rem; margin: .5rem 0; }
  button { flex: 1; min-height: 2.5rem; font: inherit; color: inherit; background: none; border: 1px solid #8888; border-radius: .5rem; }
  .away { font-weight: 600; }
  .away:not([hidden]) + .result { filter: grayscale(1); }
  .verdict { display: flex; gap: 1rem; align-items: center; min-height: 5rem; }
  .sign { font-size: 4.5rem; line-height: 1; min-width: 1ch; color: var(--accent); }
  .word { font-size: 1.3rem; }
  .bars { list-style: none; display: grid; grid-template-columns: repeat(10, 1fr); gap: .25rem; text-align: center; }
  .track { display: flex; height: 4rem; background: #8883; border-radius: .25rem; overflow: hidden; }
  .fill { flex: 1; background: #888; transform: scaleY(0); transform-origin: bottom; }
  .first .fill { background: var(--accent); }
  [data-verdict=unsure] .fill { opacity: .6; }
  [data-verdict=not_a_digit] .fill { opacity: .25; }
  small { display: block; min-height: 1.2em; }
  .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }`;

export class LiveDigits extends HTMLElement {
  static observedAttributes = ["src", "model", "token"];

  #drawing = new Drawing();
  #reading = new Reading(this.#drawing);
  /** @type {Connection | null} */
  #connection = null;
  /** @type {Announcer | null} */
  #announcer = null;
  /** @type {Session | null} */
  #session = null;
  /** @type {PointerInput | null} */
  #pointer = null;
  /** The sheet's colour, and the ink that is seen on it: painting asks for that in every frame. */
  #seen = { sheet: "", ink: "" };

  connectedCallback() {
    if (!this.shadowRoot) this.#build();
    this.#connect();
  }

  disconnectedCallback() {
    // What captured the pointer is gone: no event will tell that it was lifted.
    this.#pointer?.release();
    this.#connection?.close();
  }

  attributeChangedCallback() {
    if (this.isConnected && this.shadowRoot) this.#connect();
  }

  clear() {
    this.#drawing.clear();
  }

  undo() {
    this.#drawing.undo();
  }

  #build() {
    const root = this.attachShadow({ mode: "open" });
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    root.adoptedStyleSheets = [style];
    root.innerHTML = MARKUP;
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    const sheet = find(".sheet");
    // The sheet is the host page's to style, also with a gradient or nothing at all: it stays what is seen.
    const inks = { changed: new Signal(), page: "transparent", inkOf: () => this.#inkOn(sheet) };
    // Nothing else tells that the host page has become dark, by whichever of its rules.
    sheet.addEventListener("transitionend", () => inks.changed.emit(null));
    const canvas = new CanvasView(sheet, this.#drawing, inks);
    const pen = () => DEFAULTS;
    const isErasing = () => false;
    const predicted = canvas.predict.bind(canvas);
    const announcer = new Announcer(find(".unseen"), browserClock);
    this.#announcer = announcer;
    // Before the pointer: a press lifts the keyboard's pen, and only then begins a stroke of its own.
    new KeyboardCursor(sheet, this.#drawing, { pen, isErasing, said: (text) => announcer.say(text) });
    this.#pointer = new PointerInput(sheet, this.#drawing, { pen, isErasing, predicted });
    new VerdictView(find(".verdict"), this.#reading);
    new BarsView(find(".bars"), this.#reading);
    this.#reading.changed.listen((belief) => announcer.settle(belief));
    const [undo, clear] = root.querySelectorAll("button");
    undo.addEventListener("click", () => this.undo());
    clear.addEventListener("click", () => this.clear());
    this.#drawing.changed.listen(() => this.#session?.offer(this.#drawing.snapshot()));
  }

  #connect() {
    this.#connection?.close();
    this.#reading.reset();
    const token = this.getAttribute("token") ?? "";
    const connection = new Connection(this.#address(), { open: (url) => openSocket(url, token) });
    const session = new Session(connection);
    this.#connection = connection;
    this.#session = session;
    connection.changed.listen((state) => {
      this.#say("connection", state);
      this.#showAway(state);
    });
    session.answers.listen((answer) => {
      this.#reading.accept(answer);
      this.#say("prediction", answer.prediction);
    });
    session.choose(this.getAttribute("model") ?? "");
    session.offer(this.#drawing.snapshot());
    connection.open();
  }

  /**
   * Say that what is shown may not be of this drawing any more; between two attempts, too.
   *
   * @param {import("./connection.js").State} state
   */
  #showAway(state) {
    if (state === "connecting" || state === "idle") return;
    const away = /** @type {HTMLElement} */ (this.shadowRoot?.querySelector(".away"));
    const isAway = state !== "ready";
    if (isAway && away.hidden) this.#announcer?.say("Not connected");
    away.hidden = !isAway;
  }

  #address() {
    const src = new URL(this.getAttribute("src") ?? new URL(".", import.meta.url), document.baseURI);
    return /^wss?:/.test(src.protocol) ? src : socketAddress(src);
  }

  /**
   * The ink that the host page asks for, or whichever is seen on its sheet.
   *
   * @param {HTMLElement} element
   */
  #inkOn(element) {
    const style = getComputedStyle(element);
    if (style.getPropertyValue("--ink").trim()) return style.color;
    const sheet = style.backgroundColor;
    if (sheet !== this.#seen.sheet) this.#seen = { sheet, ink: readable("", hexOf(sheet)) };
    return this.#seen.ink;
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

/**
 * A colour over white, in whichever way of CSS it is written.
 *
 * @param {string} colour
 */
function hexOf(colour) {
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(1, 1).getContext("2d"));
  for (const layer of ["#ffffff", colour]) {
    context.fillStyle = layer;
    context.fillRect(0, 0, 1, 1);
  }
  const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
  return `#${[r, g, b].map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

customElements.define("live-digits", LiveDigits);
