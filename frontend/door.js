/**
 * The door: finds out why the server lets nobody in, and asks for the token where that is why.
 *
 * A browser does not tell a page how its websocket was refused. The same address, asked over HTTP, does.
 *
 * @import { Connection } from "./connection.js"
 * @import { Token } from "./token.js"
 */

/**
 * By HTTP status, what the page says beside its next attempt.
 *
 * @type {Record<number, string>}
 */
const REASONS = { 403: "This site may not connect", 429: "Too many sessions", 503: "The server is full" };
const UNAUTHORISED = 401;

export class Door {
  #dialog;
  #said;
  #field;
  #connection;
  #token;
  #address;

  /**
   * @param {HTMLDialogElement} dialog  asks for the token
   * @param {Connection} connection
   * @param {Token} token
   * @param {{ address: URL, retry: () => void }} way  in: where, and how to try again
   */
  constructor(dialog, connection, token, { address, retry }) {
    this.#dialog = dialog;
    this.#said = /** @type {HTMLElement} */ (dialog.querySelector("#said"));
    this.#field = /** @type {HTMLInputElement} */ (dialog.querySelector("input"));
    this.#connection = connection;
    this.#token = token;
    this.#address = new URL(address);
    this.#address.protocol = address.protocol.replace("ws", "http");
    dialog.querySelector("[type=button]")?.addEventListener("click", () => dialog.close(""));
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "enter") return;
      token.value = this.#field.value.trim();
      retry();
    });
  }

  /** Find out why, after an attempt to connect that failed. */
  async knock() {
    const response = await fetch(this.#address, { headers: this.#token.headers }).catch(() => null);
    if (response?.status === UNAUTHORISED) {
      this.#connection.explain("The server asks for a token", true);
      this.#openDialog();
    } else if (response && response.status in REASONS) this.#connection.explain(REASONS[response.status], false);
  }

  #openDialog() {
    if (this.#dialog.open) return;
    const isWrong = this.#token.value !== "";
    this.#said.textContent = isWrong ? "That token did not open it. Try another." : "Whoever runs it can tell you.";
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
    this.#field.select();
  }
}
