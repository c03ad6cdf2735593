/**
 * A session: newest snapshots out, their answers in, over one connection.
 *
 * main offers it every change of the drawing; it sends at most one a frame, newest wins, and says every answer with
 * the snapshot that it answers. Whether an answer may still be shown is for the listener, who knows the drawing.
 *
 * @import { Clock, Connection } from "./connection.js"
 * @import { Snapshot } from "./drawing.js"
 * @import { Explanation, Fault, Limits, Message, Model, Prediction } from "./protocol.js"
 *
 * @typedef {{ prediction: Prediction, points: number, roundTripMs: number }} Answer  points: of the drawing answered
 * @typedef {{ seq: number, sentAt: number, points: number }} Sent
 */
import { countPoints } from "./drawing.js";
import { browserClock } from "./connection.js";
import { onNextFrame } from "./frames.js";
import { encodeConfigure, encodeInk } from "./protocol.js";
import { Signal } from "./signal.js";

/** Never more often than this, whatever the screen: a 60 Hz frame, with room for its jitter. */
const SHORTEST_GAP_MS = 12;
/** Share of the server's allowance that is used: its clock and ours do not count the same second. */
const ALLOWANCE_USED = 0.8;
/** More unsent than this and the network is the bottleneck: hold the newest snapshot instead of queueing old ones. */
const MOST_BACKLOG_BYTES = 16_384;
/** The last snapshot is always answered; a connection that owes an answer for so long is dead. */
const ANSWER_TIMEOUT_MS = 10_000;
const RETRY_MS = 300;

export class Session {
  /** @type {Signal<Answer>} */
  answers = new Signal();
  /** @type {Signal<Explanation>} */
  explanations = new Signal();
  /** @type {Signal<Fault>} */
  faults = new Signal();
  /** @type {Signal<Model[]>} */
  models = new Signal();
  /** @type {Signal<string>} */
  configured = new Signal();

  #connection;
  #clock;
  #nextFrame;
  #seq = 0;
  #sentLast = -Infinity;
  /** @type {Limits} */
  #limits = {};
  #model = "";
  #include = ["input"];
  /** @type {string[]} */
  #offered = [];
  /** @type {Snapshot | null} */
  #newest = null;
  #isUnsent = false;
  #isPumping = false;
  /** @type {Sent[]} */
  #unanswered = [];
  #isWatched = false;

  /**
   * @param {Connection} connection
   * @param {{ clock?: Clock, nextFrame?: (what: () => void) => void }} [seams]
   */
  constructor(connection, { clock = browserClock, nextFrame = onNextFrame } = {}) {
    this.#connection = connection;
    this.#clock = clock;
    this.#nextFrame = nextFrame;
    connection.messages.listen((message) => this.#receive(message));
    connection.changed.listen((state) => (state === "ready" ? this.#greet() : this.#forget()));
  }

  /** When the oldest snapshot still unanswered was sent, on the clock; null when none is. */
  get waitingSince() {
    return this.#unanswered[0]?.sentAt ?? null;
  }

  /**
   * Have the newest snapshot predicted; an older one not yet sent never will be.
   *
   * @param {Snapshot} snapshot
   */
  offer(snapshot) {
    this.#newest = snapshot;
    this.#isUnsent = true;
    this.#pump();
  }

  /**
   * Switch models; the newest snapshot is asked about again, and what the old model still answers is not passed on.
   *
   * @param {string} model
   */
  choose(model) {
    this.#model = model;
    this.#forget();
    if (this.#connection.state === "ready") this.#greet();
  }

  /**
   * Have every answer explained, that to the newest snapshot first; or nothing any more.
   *
   * @param {boolean} isWanted
   */
  explain(isWanted) {
    this.#include = isWanted ? ["input", "explanation"] : ["input"];
    if (this.#connection.state === "ready") this.#greet();
  }

  #pump() {
    if (!this.#isUnsent || this.#connection.state !== "ready") return;
    const now = this.#clock.now();
    if (now - this.#sentLast >= this.#gapMs() && this.#connection.backlog <= MOST_BACKLOG_BYTES) this.#send(now);
    else this.#pumpNextFrame();
  }

  #pumpNextFrame() {
    if (this.#isPumping) return;
    this.#isPumping = true;
    this.#nextFrame(() => {
      this.#isPumping = false;
      this.#pump();
    });
  }

  #gapMs() {
    return Math.max(SHORTEST_GAP_MS, 1000 / (ALLOWANCE_USED * (this.#limits.snapshots_per_s ?? Infinity)));
  }

  /** @param {number} now */
  #send(now) {
    const { rev, strokes } = /** @type {Snapshot} */ (this.#newest);
    this.#seq += 1;
    this.#connection.send(encodeInk({ seq: this.#seq, rev, strokes }, this.#limits));
    this.#isUnsent = false;
    this.#sentLast = now;
    this.#unanswered.push({ seq: this.#seq, sentAt: now, points: countPoints(strokes) });
    this.#watch();
  }

  /** Every new socket hears the whole configuration and the drawing as it is now. */
  #greet() {
    const model = this.#offered.includes(this.#model) ? this.#model : "";
    this.#connection.send(encodeConfigure(model, this.#include));
    this.#isUnsent = this.#newest !== null;
    this.#pump();
  }

  #forget() {
    this.#unanswered = [];
  }

  /** @param {Message} message */
  #receive(message) {
    if (message.type === "ready") {
      this.#limits = message.limits ?? {};
      this.#offered = message.models.map(({ name }) => name);
      this.models.emit(message.models);
    } else if (message.type === "configured") this.configured.emit(message.model);
    else if (message.type === "prediction") this.#hear(message);
    else if (message.type === "explanation") this.explanations.emit(message);
    else if (message.type === "error") this.#hearFault(message);
  }

  /** @param {Prediction} prediction */
  #hear(prediction) {
    const sent = this.#settle(prediction.seq);
    if (!sent) return;
    this.answers.emit({ prediction, points: sent.points, roundTripMs: this.#clock.now() - sent.sentAt });
  }

  /** @param {Fault} fault */
  #hearFault(fault) {
    this.#unanswered = this.#unanswered.filter((one) => one.seq !== fault.seq);
    this.faults.emit(fault);
    if (!fault.retryable || fault.seq !== this.#seq || this.#isUnsent) return;
    this.#clock.after(RETRY_MS, () => {
      this.#isUnsent = true;
      this.#pump();
    });
  }

  /**
   * Answers come in rising seq, so one settles all before it.
   *
   * @param {number} seq
   */
  #settle(seq) {
    const sent = this.#unanswered.find((one) => one.seq === seq);
    this.#unanswered = this.#unanswered.filter((one) => one.seq > seq);
    return sent;
  }

  /** One timer, that looks what is owed when it fires: to set it anew at every snapshot and answer costs every frame. */
  #watch() {
    const since = this.waitingSince;
    if (this.#isWatched || since === null) return;
    this.#isWatched = true;
    this.#clock.after(since + ANSWER_TIMEOUT_MS - this.#clock.now(), () => {
      this.#isWatched = false;
      if (this.waitingSince === since) this.#connection.restart();
      else this.#watch();
    });
  }
}
