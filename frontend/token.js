/**
 * The token: what a server may ask for before it lets anybody in. Kept for as long as the tab is. No DOM.
 *
 * @import { Store } from "./store.js"
 */
const KEY = "live-digits.token";
const PREFIX = "live-digits.token.";

export class Token {
  #store;
  #value;

  /**
   * @param {Store} store  of this tab alone
   * @param {string} hash  the fragment of the page's address: "#token=…" brings one
   */
  constructor(store, hash) {
    this.#store = store;
    // Read once: a browser that lets the page keep nothing still has a token for as long as the page is open.
    this.#value = String(store.read(KEY) ?? "");
    const brought = /^#token=(.+)$/.exec(hash);
    /** Whether the address holds it still, and wants cleaning. */
    this.isInAddress = brought !== null;
    if (brought) this.value = decoded(brought[1]);
  }

  get value() {
    return this.#value;
  }

  set value(value) {
    this.#value = value;
    this.#store.write(KEY, value);
  }

  /**
   * What HTTP requests carry.
   *
   * @returns {Record<string, string>}
   */
  get headers() {
    // Header bytes are what fetch takes, and they are to be UTF-8.
    return this.value ? { Authorization: `Bearer ${unescape(encodeURIComponent(this.value))}` } : {};
  }
}

/**
 * What a websocket offers, as it can carry no headers: signs that may not stand in a subprotocol are encoded.
 *
 * @param {string} token  "" for none
 */
export function subprotocolsFor(token) {
  const signs = encodeURIComponent(token).replace(/[()]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  return token ? [PREFIX + signs] : [];
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
