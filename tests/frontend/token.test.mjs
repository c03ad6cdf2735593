import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "../../frontend/store.js";
import { subprotocolsFor, Token } from "../../frontend/token.js";

function tab() {
  const kept = new Map();
  return new Store([{ getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text) }]);
}

test("the address brings a token once, and the tab keeps it", () => {
  const store = tab();
  const brought = new Token(store, "#token=a+b%2Fc%3D");
  assert.deepEqual([brought.isInAddress, brought.value], [true, "a+b/c="]);
  const later = new Token(store, "");
  assert.deepEqual([later.isInAddress, later.headers], [false, { Authorization: "Bearer a+b/c=" }]);
});

test("where nothing may be kept, the page itself still knows the token", () => {
  const forbidden = () => {
    throw new DOMException("The operation is insecure.", "SecurityError");
  };
  for (const store of [new Store([]), new Store([{ getItem: forbidden, setItem: forbidden }])]) {
    const token = new Token(store, "#token=first");
    assert.equal(token.value, "first");
    token.value = "second";
    assert.deepEqual(token.headers, { Authorization: "Bearer second" });
  }
});

test("without a token nothing is offered", () => {
  const none = new Token(tab(), "#other=1");
  assert.deepEqual([none.isInAddress, none.value, none.headers, subprotocolsFor("")], [false, "", {}, []]);
});

test("any token becomes a subprotocol that RFC 9110 allows", () => {
  const [offer] = subprotocolsFor("a b/c=(d)ü%");
  assert.match(offer, /^live-digits\.token\.[!#$%&'*+\-.^_`|~\w]+$/);
  assert.equal(decodeURIComponent(offer.slice("live-digits.token.".length)), "a b/c=(d)ü%");
});
