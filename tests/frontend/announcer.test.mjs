import assert from "node:assert/strict";
import { test } from "node:test";
import { Announcer } from "../../frontend/announcer.js";
import { BLANK } from "../../frontend/reading.js";
import { FakeClock } from "./fakes.mjs";

const belief = (digit) => ({ ...BLANK, verdict: "digit", digit, confidence: 0.987 });

function hearing() {
  const [clock, root] = [new FakeClock(), { textContent: "" }];
  return { clock, root, announcer: new Announcer(root, clock) };
}

test("only the belief that stays is said", () => {
  const { clock, root, announcer } = hearing();
  for (const digit of [1, 4, 7]) {
    announcer.settle(belief(digit));
    clock.advance(100);
    assert.equal(root.textContent, "");
  }
  clock.advance(1000);
  assert.equal(root.textContent, "7, 98.7 % sure");
});

test("unsure, not a digit and blank are said as such", () => {
  const { clock, root, announcer } = hearing();
  for (const [verdict, words] of [["unsure", "Unsure: 4 or 9"], ["not_a_digit", "Not a digit"], ["blank", "The page is blank"], ["unread", "Not read yet"]]) {
    announcer.settle({ ...belief(4), runnerUp: 9, verdict });
    clock.advance(1000);
    assert.equal(root.textContent, words);
  }
});
