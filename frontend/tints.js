/**
 * Tints: the colours of what speaks for a digit and what against it, on strokes and images.
 *
 * Loaded by who asks why.
 *
 * @import { Painter } from "./canvas.js"
 *
 * @typedef {{ stroke: number, strokes: number, start: number, end: number, colour: string }} Tint  of a piece, which
 *   goes from point `start` of a stroke up to point `end` of its last one, and on to the next piece's first
 */
import { paintStroke } from "./canvas.js";
import { channels, contrast, mix, readable } from "./colours.js";
import { pixelsOf } from "./image.js";

const ON_LIGHT = { for: "#0059b8", neither: "#85868c", against: "#b84300" };
const ON_DARK = { for: "#5fb4ff", neither: "#7d7f88", against: "#ff9140" };

/**
 * The colour of what speaks for (share 1) or against (-1) a digit, or neither (0), on a page.
 *
 * Blue and orange, which people with any colour vision tell apart, over grey; the more, the farther from the page.
 *
 * @param {number} share  -1 … 1, and what is beyond is cut off
 * @param {string} page  "#rrggbb"
 */
export function tint(share, page) {
  const scale = contrast("#000000", page) > contrast("#ffffff", page) ? ON_LIGHT : ON_DARK;
  const end = share < 0 ? scale.against : scale.for;
  // Small weights are still to be told from none.
  return readable(mix(scale.neither, end, Math.min(1, Math.abs(share)) ** 0.6), page);
}

/**
 * The image in colours: each pixel in that of its owner, as bright as its ink.
 *
 * @param {Uint8Array} image  784 bytes
 * @param {Uint8Array} owners  784 bytes: which of the colours
 * @param {string[]} colours  "#rrggbb"
 */
export function tintedPixels(image, owners, colours) {
  const pixels = pixelsOf(image);
  const inks = colours.map(channels);
  image.forEach((ink, i) => {
    const own = inks[owners[i]];
    if (own) pixels.data.set(own.map((value) => (value * ink) / 255), 4 * i);
  });
  return pixels;
}

/**
 * A painter of strokes in the colours of their pieces; what belongs to none stays as it is.
 *
 * @param {readonly Tint[]} tints
 * @returns {Painter}
 */
export function paintTinted(tints) {
  return (context, stroke, ink, from, to, index) => {
    let done = from;
    for (const { stroke: first, strokes, start, end, colour } of tints) {
      const last = first + strokes - 1;
      if (index < first || index > last) continue;
      const begin = Math.max(from, index === first && start > 0 ? start + 1 : 0);
      const stop = Math.min(to, index === last ? end + 1 : to);
      if (begin < stop) paintStroke(context, stroke, colour, begin, stop);
      done = Math.max(done, stop);
    }
    if (done < to) paintStroke(context, stroke, ink, done, to);
  };
}
