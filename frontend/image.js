/**
 * The image: the 28×28 that the model saw, as it saw it, ink white on black.
 */
import { IMAGE_SIDE } from "./protocol.js";

export class ImageView {
  #root;
  #context;

  /**
   * @param {HTMLCanvasElement} root
   * @param {import("./reading.js").Reading} reading
   */
  constructor(root, reading) {
    this.#root = root;
    root.width = root.height = IMAGE_SIDE;
    this.#context = /** @type {CanvasRenderingContext2D} */ (root.getContext("2d"));
    reading.changed.listen(({ image }) => this.#render(image));
    this.#render(reading.now.image);
  }

  /** @param {Uint8Array | null} image */
  #render(image) {
    this.#root.classList.toggle("empty", !image);
    this.#context.putImageData(pixelsOf(image), 0, 0);
  }
}

/** @param {Uint8Array | null} image  784 bytes, or null for paper */
export function pixelsOf(image) {
  const pixels = new ImageData(IMAGE_SIDE, IMAGE_SIDE);
  new Uint32Array(pixels.data.buffer).fill(0xff000000);
  image?.forEach((ink, i) => pixels.data.fill(ink, 4 * i, 4 * i + 3));
  return pixels;
}
