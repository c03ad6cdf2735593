/**
 * A panel: one model that reads the drawing, with a session of its own and its result on the page.
 *
 * main keeps one, or two side by side, and hangs the other views on the first.
 *
 * @import { Connection } from "./connection.js"
 * @import { Drawing } from "./drawing.js"
 */
import { BarsView } from "./bars.js";
import { Reading } from "./reading.js";
import { Session } from "./session.js";
import { VerdictView } from "./verdict.js";

export class Panel {
  #root;
  #model = "";
  inForce = "";

  /**
   * @param {HTMLElement} row  where it stands
   * @param {Drawing} drawing
   * @param {Connection} connection  of its own
   */
  constructor(row, drawing, connection) {
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById("result"));
    this.#root = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
    this.connection = connection;
    this.session = new Session(connection);
    this.reading = new Reading(drawing);
    const name = /** @type {HTMLElement} */ (this.#root.querySelector(".model"));
    this.session.configured.listen((model) => {
      this.inForce = name.textContent = model;
    });
    // The status speaks of the first alone.
    connection.changed.listen((state) => {
      if (state === "waiting") name.textContent = `${this.#model || this.inForce}: offline`;
    });
    this.session.answers.listen((answer) => this.reading.accept(answer));
    new VerdictView(/** @type {HTMLElement} */ (this.#root.querySelector(".verdict")), this.reading);
    new BarsView(/** @type {HTMLElement} */ (this.#root.querySelector(".bars")), this.reading);
    row.append(this.#root);
  }

  /** @param {string} model  "" for the server's default */
  choose(model) {
    if (model === this.#model) return;
    this.#model = model;
    // To name the default is no change: what it believed so far still holds.
    if (model !== this.inForce) this.reading.reset();
    this.session.choose(model);
  }

  /** Hang up and go. */
  remove() {
    this.connection.close();
    this.reading.leave();
    this.#root.remove();
  }
}
