/**
 * Frames: when views paint. Whatever changes how often, a view paints once a frame at most.
 */

/** For views that are looked at after the stroke rather than at the pen: twelve times a second is live enough. */
export const UNHURRIED_MS = 80;

/**
 * A function that has `paint` called in the next frame, and not more often than every `gapMs`.
 *
 * @param {() => void} paint
 * @param {number} [gapMs]
 */
export function eachFrame(paint, gapMs = 0) {
  let isAsked = false;
  let last = -Infinity;
  /** @param {number} now */
  const frame = (now) => {
    if (now - last < gapMs) {
      requestAnimationFrame(frame);
      return;
    }
    isAsked = false;
    last = now;
    paint();
  };
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(frame);
  };
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
