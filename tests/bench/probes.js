/**
 * Runs in a page before its own scripts: notes in `measured` how long after a pointer's move, and after an
 * answer, what shows it was handed over to be drawn, in ms; and the tasks over 50 ms. `finish` says all that.
 *
 * A move is shown by the next paint on the sheet. An answer is shown when the longest bar is as long as its
 * confidence, and so are all before it: newer ink stands for older. What is never shown has waited to the end.
 */
(() => {
  const NEAR = 1e-4; // Style rounds numbers.
  const measured = { pointer: [], answer: [], tasks: [] };
  const waiting = { pointer: [], answer: [] };
  let longest = 0;
  let isInFrame = false;

  const ask = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) =>
    ask((now) => {
      isInFrame = true;
      try {
        callback(now);
      } finally {
        // Mutations are told of in a microtask as well, and before this one.
        queueMicrotask(() => (isInFrame = false));
      }
    });

  /** Stop the clock of the first so many that wait, when the frame that is being made has been handed over. */
  function stop(name, count) {
    const shown = waiting[name].splice(0, count);
    const handOver = () => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        const now = performance.now();
        for (const { at } of shown) measured[name].push(now - at);
      };
      channel.port2.postMessage(0);
    };
    if (!shown.length) return;
    if (isInFrame) handOver();
    else ask(handOver);
  }

  addEventListener(
    "pointermove",
    ({ timeStamp, buttons }) => {
      if (buttons) waiting.pointer.push({ at: timeStamp });
    },
    true,
  );
  const context = CanvasRenderingContext2D.prototype;
  for (const name of ["drawImage", "fill", "stroke"]) {
    const paint = context[name];
    context[name] = function (...rest) {
      if (waiting.pointer.length && this.canvas.closest("#sheet")) stop("pointer", Infinity);
      return paint.apply(this, rest);
    };
  }

  const Socket = WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...rest) {
      super(...rest);
      this.addEventListener("message", ({ data }) => {
        const at = performance.now();
        const { type, confidence } = JSON.parse(data);
        const length = confidence ?? 0;
        const isShown = !waiting.answer.length && Math.abs(length - longest) < NEAR;
        if (type === "prediction" && !isShown) waiting.answer.push({ at, length });
      });
    }
  };
  new MutationObserver(() => {
    const bars = [...document.querySelectorAll(".fill")];
    longest = Math.max(0, ...bars.map(({ style }) => parseFloat(style.transform.slice("scaleY(".length)) || 0));
    stop("answer", waiting.answer.findLastIndex(({ length }) => Math.abs(length - longest) < NEAR) + 1);
  }).observe(document, { subtree: true, attributeFilter: ["style"] });

  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) measured.tasks.push(duration);
  }).observe({ type: "longtask" });

  window.begin = () => {
    for (const list of [...Object.values(measured), ...Object.values(waiting)]) list.length = 0;
  };
  window.finish = () => {
    const now = performance.now();
    for (const [name, list] of Object.entries(waiting)) measured[name].push(...list.map(({ at }) => now - at));
    return measured;
  };
})();
