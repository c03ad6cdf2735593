/**
 * Colours: the palettes, and the rule that ink stays visible on any page. No DOM.
 *
 * Inks are those of Okabe and Ito (2008), which people with any colour vision tell apart.
 */

/** @type {[name: string, colour: string][]} */
export const INKS = [
  ["Like the page", ""],
  ["Blue", "#0072b2"],
  ["Sky", "#56b4e9"],
  ["Green", "#009e73"],
  ["Orange", "#e69f00"],
  ["Vermilion", "#d55e00"],
  ["Purple", "#cc79a7"],
];

/** @type {[name: string, colour: string][]} */
export const PAGES = [
  ["Like the theme", ""],
  ["White", "#ffffff"],
  ["Cream", "#f7edd8"],
  ["Blackboard", "#1f3a34"],
  ["Black", "#000000"],
];

const DARK_INK = "#1a1b21";
const LIGHT_INK = "#efede7";
/** WCAG 2.2, success criterion 1.4.11: graphics against what is next to them. */
const LEAST_CONTRAST = 3;
const STEP = 0.1;

/**
 * The colour in which ink is painted: the one that was chosen, moved towards black or white until it is seen.
 *
 * @param {string} chosen  "#rrggbb", or "" for whatever goes with the page
 * @param {string} page  "#rrggbb"
 */
export function readable(chosen, page) {
  const end = contrast(DARK_INK, page) > contrast(LIGHT_INK, page) ? DARK_INK : LIGHT_INK;
  if (!chosen) return end;
  let share = 0;
  let colour = chosen;
  while (contrast(colour, page) < LEAST_CONTRAST && share < 1) colour = mix(chosen, end, (share += STEP));
  return colour;
}

/**
 * The contrast ratio of WCAG 2.2, 1 … 21.
 *
 * @param {string} a
 * @param {string} b
 */
export function contrast(a, b) {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** @param {string} colour */
function luminance(colour) {
  const [r, g, b] = channels(colour).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * @param {string} a
 * @param {string} b
 * @param {number} share  of b
 */
export function mix(a, b, share) {
  const other = channels(b);
  const mixed = channels(a).map((value, i) => Math.round(value + (other[i] - value) * Math.min(1, share)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

/**
 * Red, green and blue, 0 … 255.
 *
 * @param {string} colour
 */
export function channels(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}
