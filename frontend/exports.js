/**
 * Exports: the drawing as a picture that others can open.
 *
 * @import { Stroke } from "./drawing.js"
 *
 * @typedef {{ page: string, inkOf: (colour: string) => string }} Palette
 */
import { PAGE } from "./drawing.js";
import { shapeOf } from "./brushes.js";
import { paintStroke } from "./canvas.js";

const PNG_SIDE = 1024;

/**
 * @param {readonly Stroke[]} strokes
 * @param {Palette} palette
 */
export function svgOf(strokes, { page, inkOf }) {
  const paths = strokes.map((stroke) => {
    const { d, width, isFilled } = shapeOf(stroke);
    const ink = inkOf(stroke.pen.colour);
    return `<path d="${d}" fill="${isFilled ? ink : "none"}" stroke="${ink}" stroke-width="${width}"/>`;
  });
  const box = `viewBox="0 0 ${PAGE} ${PAGE}" stroke-linecap="round" stroke-linejoin="round"`;
  const sheet = `<rect width="${PAGE}" height="${PAGE}" fill="${page}"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${box}>\n${sheet}\n${paths.join("\n")}\n</svg>\n`;
}

/**
 * @param {readonly Stroke[]} strokes
 * @param {Palette} palette
 * @returns {Promise<Blob>}
 */
export function pngOf(strokes, { page, inkOf }) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = PNG_SIDE;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(PNG_SIDE / PAGE, PNG_SIDE / PAGE);
  context.fillStyle = page;
  context.fillRect(0, 0, PAGE, PAGE);
  for (const stroke of strokes) paintStroke(context, stroke, inkOf(stroke.pen.colour));
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("Expected a PNG, the browser made none"))));
  });
}

/**
 * Hand a file to the browser's downloads.
 *
 * @param {string} name
 * @param {Blob} blob
 */
export function download(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The download has begun by then; without this the blob would live as long as the page.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
