/** Hand-written stand-ins for what the browser and the server give the page. */

/** A clock whose time moves only when told to. */
export class FakeClock {
  #now = 0;
  #timers = [];

  now = () => this.#now;

  after = (ms, what) => {
    const timer = { due: this.#now + ms, what };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  };

  advance(ms) {
    const end = this.#now + ms;
    for (;;) {
      const [next] = this.#timers.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (!next) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#now = next.due;
      next.what();
    }
    this.#now = end;
  }
}

/** Sockets that a test opens, speaks through and breaks. */
export class FakeNetwork {
  sockets = [];

  open = () => {
    const socket = {
      sent: [],
      bufferedAmount: 0,
      isClosed: false,
      send: (data) => socket.sent.push(data),
      close: () => (socket.isClosed = true),
      say: (message) => socket.onmessage?.({ data: JSON.stringify(message) }),
      ready: (limits = {}) => socket.say({ type: "ready", server: "x", models: [{ name: "classic" }], limits }),
      lose: (code = 1006) => socket.onclose?.({ code }),
    };
    this.sockets.push(socket);
    return socket;
  };

  get last() {
    return this.sockets.at(-1);
  }
}

/** Frames that a test lets happen. */
export class FakeFrames {
  #waiting = [];

  next = (what) => this.#waiting.push(what);

  run() {
    for (const what of this.#waiting.splice(0)) what();
  }
}
