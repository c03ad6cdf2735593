/**
 * The connection: one socket kept open, opened again by itself when it is lost. The only user of WebSocket.
 *
 * A session sends through it and listens to `messages`; the status view listens to `changed`.
 *
 * @import { Message } from "./protocol.js"
 *
 * @typedef {{ now: () => number, after: (ms: number, what: () => void) => () => void }} Clock  after: answers its cancel
 * @typedef {Pick<WebSocket, "binaryType" | "bufferedAmount" | "onmessage" | "onclose" | "send" | "close">} Socket
 */
import { SUBPROTOCOL, decode } from "./protocol.js";
import { Signal } from "./signal.js";
import { subprotocolsFor } from "./token.js";

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 8000;
/** A socket that neither opens nor fails (a captive portal, a sleeping laptop) is given up after this long. */
const READY_TIMEOUT_MS = 10_000;
/** After these the server is better off left alone for a while: policy violated, overloaded. */
const UNWELCOME = new Set([1008, 1013]);
const UNWELCOME_ATTEMPTS = 4;

/** @type {Clock} */
export const browserClock = {
  now: () => performance.now(),
  after(ms, what) {
    const timer = setTimeout(what, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * The state, and what moves it:
 *
 *   idle ──open──▶ connecting ──ready frame──▶ ready ──close──▶ waiting ──timer, retry──▶ connecting
 *                      └────────close, timeout────────────────────▲
 *   waiting ──explain(…, true)──▶ refused ──retry──▶ connecting
 *   any ──close()──▶ idle
 *
 * @typedef {"idle" | "connecting" | "ready" | "waiting" | "refused"} State
 */
export class Connection {
  /** @type {Signal<State>} */
  changed = new Signal();
  /** @type {Signal<Message>} */
  messages = new Signal();
  /** @type {State} */
  state = "idle";
  /** Whether it ever was ready: "Reconnecting" is then the honest word. */
  wasReady = false;
  /** When the next attempt is due, on the clock; read while waiting. */
  retryAt = 0;
  /** Why the server does not let us in, as far as somebody found out; "" once it did. */
  reason = "";

  #open;
  #clock;
  #random;
  /** @type {Socket | null} */
  #socket = null;
  #attempts = 0;
  #goawayMs = 0;
  #cancelTimer = () => {};

  /**
   * @param {string | URL} url
   * @param {{ open?: (url: string | URL) => Socket, clock?: Clock, random?: () => number }} [seams]
   */
  constructor(url, { open = openSocket, clock = browserClock, random = Math.random } = {}) {
    this.#open = () => open(url);
    this.#clock = clock;
    this.#random = random;
  }

  /** Connect, and stay connected. */
  open() {
    if (this.state === "idle") this.#connect();
  }

  /** Hang up, and stay away. */
  close() {
    this.#drop();
    this.#enter("idle");
  }

  /** Try at once instead of when the pause is over. */
  retry() {
    if (this.state === "waiting" || this.state === "refused") this.#connect();
  }

  /**
   * Say why the last attempt failed.
   *
   * @param {string} reason
   * @param {boolean} isFinal  trying again by itself would be in vain
   */
  explain(reason, isFinal) {
    if (this.state !== "waiting") return;
    this.reason = reason;
    if (isFinal) this.#cancelTimer();
    this.#enter(isFinal ? "refused" : "waiting");
  }

  /** Give up a socket that has fallen silent, and open another. */
  restart() {
    if (this.state === "ready") this.#lose(0);
  }

  /** Bytes handed over but not yet on the network. */
  get backlog() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** @param {string | ArrayBuffer} data */
  send(data) {
    this.#socket?.send(data);
  }

  #connect() {
    this.#drop();
    const socket = this.#open();
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code }) => this.#lose(code);
    this.#cancelTimer = this.#clock.after(READY_TIMEOUT_MS, () => this.#lose(0));
    this.#enter("connecting");
  }

  /** @param {unknown} data */
  #receive(data) {
    const message = typeof data === "string" ? decode(data) : null;
    if (!message) return;
    if (message.type === "goaway") this.#goawayMs = message.after_ms;
    if (message.type === "ready") this.#settle();
    this.messages.emit(message);
    if (message.type === "ready") this.#enter("ready");
  }

  #settle() {
    this.#cancelTimer();
    this.#attempts = 0;
    this.#goawayMs = 0;
    this.reason = "";
    this.wasReady = true;
  }

  /** @param {number} code */
  #lose(code) {
    this.#drop();
    if (UNWELCOME.has(code)) this.#attempts = Math.max(this.#attempts, UNWELCOME_ATTEMPTS);
    const pause = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    // Half the pause is drawn at random, so that a restart does not bring everybody back in the same instant.
    const delay = this.#goawayMs + pause / 2 + (this.#random() * pause) / 2;
    this.#goawayMs = 0;
    this.retryAt = this.#clock.now() + delay;
    this.#cancelTimer = this.#clock.after(delay, () => this.#connect());
    this.#enter("waiting");
  }

  #drop() {
    this.#cancelTimer();
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }

  /** @param {State} state */
  #enter(state) {
    this.state = state;
    this.changed.emit(state);
  }
}

/**
 * The address of the live socket beside a page or server address.
 *
 * @param {string | URL} base
 */
export function socketAddress(base) {
  const url = new URL("v1/live", base);
  url.protocol = url.protocol.replace("http", "ws");
  url.search = url.hash = "";
  return url;
}

/**
 * @param {string | URL} url
 * @param {string} [token]
 */
export function openSocket(url, token = "") {
  return new WebSocket(url, [SUBPROTOCOL, ...subprotocolsFor(token)]);
}
