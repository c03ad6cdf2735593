/**
 * The image: the 28×28 that the model saw, as pixels for a canvas, ink white on black as the model has it.
 */
import { IMAGE_SIDE } from "./protocol.js";

/** @param {Uint8Array} image  784 bytes */
export function pixelsOf(image) {
  const pixels = new ImageData(IMAGE_SIDE, IMAGE_SIDE);
  image.forEach((ink, i) => pixels.data.set([ink, ink, ink, 255], 4 * i));
  return pixels;
}
