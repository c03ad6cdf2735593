/**
 * The store: what outlives a reload, where the browser allows it. Pages that may keep nothing still work.
 *
 * @typedef {Pick<Storage, "getItem" | "setItem">} Shelf
 */
export class Store {
  #shelves;

  /** @param {Shelf[]} shelves  read in this order, written all */
  constructor(shelves) {
    this.#shelves = shelves;
  }

  /**
   * @param {string} key
   * @returns {unknown}  undefined where there is nothing, or nothing readable
   */
  read(key) {
    for (const shelf of this.#shelves) {
      const value = readFrom(shelf, key);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /**
   * @param {string} key
   * @param {unknown} value
   */
  write(key, value) {
    for (const shelf of this.#shelves) writeTo(shelf, key, value);
  }

  /**
   * Write some entries of an object. The others stay what they are on each shelf: another tab may have written them.
   *
   * @param {string} key
   * @param {object} entries
   */
  merge(key, entries) {
    for (const shelf of this.#shelves) {
      const kept = readFrom(shelf, key) ?? this.read(key);
      writeTo(shelf, key, { ...(kept instanceof Object ? kept : {}), ...entries });
    }
  }
}

/**
 * @param {Shelf} shelf
 * @param {string} key
 */
function readFrom(shelf, key) {
  try {
    return JSON.parse(shelf.getItem(key) ?? "") ?? undefined;
  } catch {
    // Not readable is as good as not there.
    return undefined;
  }
}

/**
 * @param {Shelf} shelf
 * @param {string} key
 * @param {unknown} value
 */
function writeTo(shelf, key, value) {
  try {
    shelf.setItem(key, JSON.stringify(value));
  } catch {
    // Full or forbidden: the drawing on the page is not affected.
  }
}

/**
 * The shelves of this browser: the tab's own first, so that two windows do not take each other's drawing.
 *
 * @returns {Shelf[]}
 */
export function browserShelves() {
  try {
    return [sessionStorage, localStorage];
  } catch {
    return [];
  }
}
