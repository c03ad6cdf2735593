/**
 * The doorstep: whenever no connection comes about, the door finds out why. It is loaded when that is first so.
 *
 * @import { Connection } from "./connection.js"
 * @import { Door } from "./door.js"
 * @import { Token } from "./token.js"
 */

/**
 * @param {HTMLDialogElement} dialog
 * @param {Connection} connection
 * @param {Token} token
 * @param {{ address: URL, retry: () => void }} way  in
 */
export function knockAt(dialog, connection, token, way) {
  /** @type {Promise<Door | void> | undefined} */
  let door;
  let before = connection.state;
  connection.changed.listen(async (state) => {
    const isShut = state === "waiting" && before === "connecting";
    before = state;
    if (!isShut) return;
    door ??= import("./door.js")
      .then(({ Door }) => new Door(dialog, connection, token, way))
      .catch(() => (door = undefined));
    (await door)?.knock();
  });
}
