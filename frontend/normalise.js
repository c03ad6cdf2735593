/**
 * The steps from ink to image, as far as the page can show them: where the crop is, and how it lands in 20×20.
 *
 * The image itself is always the server's own; this is for looking at, and is sent to nobody. No DOM.
 *
 * @import { Stroke } from "./drawing.js"
 */
import { boxOf } from "./drawing.js";

/** MNIST fits every digit into a box of this many pixels (LeCun et al., http://yann.lecun.com/exdb/mnist/). */
export const FITTED_SIDE = 20;

/**
 * The square that is cropped: the ink's box, widened to a square about its middle.
 *
 * @param {readonly Stroke[]} strokes
 */
export function cropOf(strokes) {
  const box = boxOf(strokes);
  if (!box) return null;
  const side = Math.max(box.width, box.height, 1);
  return { box, side, left: box.left + (box.width - side) / 2, top: box.top + (box.height - side) / 2 };
}

/**
 * The centre of mass of an image, in pixels.
 *
 * @param {Uint8Array} image
 * @param {number} side
 */
export function centreOf(image, side) {
  let [mass, x, y] = [0, 0, 0];
  image.forEach((ink, i) => {
    mass += ink;
    x += ink * ((i % side) + 0.5);
    y += ink * (Math.floor(i / side) + 0.5);
  });
  return mass ? { x: x / mass, y: y / mass } : null;
}
