/**
 * Frames: when views paint. Whatever changes how often, a view paints once a frame at most.
 *
 * @import { Belief, Reading } from "./reading.js"
 */

/** For figures, which nobody reads faster, and for views that are looked at after the stroke rather than at the pen. */
export const UNHURRIED_MS = 80;

/** Times as long as painting took: the least that an unhurried view keeps still after it. */
const REST = 4;

/**
 * A function that has `paint` called in the next frame, and not more often than every `gapMs`; where
 * painting takes long, then less often.
 *
 * @param {() => void} paint
 * @param {number} [gapMs]
 */
export function eachFrame(paint, gapMs = 0) {
  let isAsked = false;
  let last = -Infinity;
  let gap = gapMs;
  /** @param {number} now */
  const frame = (now) => {
    if (now - last < gap) {
      requestAnimationFrame(frame);
      return;
    }
    isAsked = false;
    last = now;
    const beganAt = performance.now();
    paint();
    if (gapMs) gap = Math.max(gapMs, REST * (performance.now() - beganAt));
  };
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(frame);
  };
}

/**
 * Have every belief rendered in the next frame: an answer that came between two frames costs no layout of its own.
 * That there is nothing to believe is rendered at once, so that no frame after a clear shows what was.
 *
 * @param {Reading} reading
 * @param {(belief: Belief) => void} render
 * @param {number} [gapMs]  for figures: while the verdict stays what it is, render no more often
 */
export function renderBelief(reading, render, gapMs) {
  let rendered = "";
  const paint = () => {
    const { verdict, digit } = reading.shown;
    rendered = verdict + digit;
    render(reading.shown);
  };
  const [soon, later] = [eachFrame(paint), eachFrame(paint, gapMs)];
  reading.changed.listen(({ verdict, digit }) => {
    if (verdict === "blank") paint();
    else if (verdict + digit === rendered) later();
    else soon();
  });
  paint();
}

/**
 * Call `what` in the next frame, or soon where there are none: a hidden page's last snapshot still wants sending.
 *
 * @param {() => void} what
 */
export function onNextFrame(what) {
  if (document.visibilityState === "visible") requestAnimationFrame(what);
  else setTimeout(what, 100);
}
