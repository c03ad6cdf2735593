import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS, Settings } from "../../frontend/settings.js";
import { Store } from "../../frontend/store.js";

function shelf(entries = {}) {
  const map = new Map(Object.entries(entries));
  return { getItem: (key) => map.get(key) ?? null, setItem: (key, value) => map.set(key, value) };
}

const forbidden = {
  getItem: () => {
    throw new Error("SecurityError");
  },
  setItem: () => {
    throw new Error("QuotaExceededError");
  },
};

test("settings come back after a reload, all but the tool", () => {
  const store = new Store([shelf()]);
  new Settings(store).set({ brush: "spray", theme: "dark", tool: "eraser" });
  const { values } = new Settings(store);
  assert.deepEqual([values.brush, values.theme, values.tool], ["spray", "dark", "pen"]);
});

test("what another version kept in another form is left aside", () => {
  const kept = JSON.stringify({ brush: 5, models: "mlp", width: 60, glitter: true });
  const { values } = new Settings(new Store([shelf({ "live-digits.settings": kept })]));
  assert.deepEqual(values, { ...DEFAULTS, width: 60 });
});

test("a theme that this page does not have, and no model at all, are left aside", () => {
  const kept = JSON.stringify({ theme: "sepia", models: [], width: 60 });
  const { values } = new Settings(new Store([shelf({ "live-digits.settings": kept })]));
  assert.deepEqual(values, { ...DEFAULTS, width: 60 });
});

test("a browser that keeps nothing, or garbage, gives the defaults", () => {
  for (const one of [forbidden, shelf({ "live-digits.settings": "{" })]) {
    const settings = new Settings(new Store([one]));
    settings.set({ width: 20 });
    assert.equal(settings.values.width, 20);
  }
});

test("the tab's own shelf goes before the one that all windows share", () => {
  const [own, common] = [shelf({ a: "1" }), shelf({ a: "2", b: "3" })];
  const store = new Store([own, common]);
  assert.deepEqual([store.read("a"), store.read("b"), store.read("c")], [1, 3, undefined]);
  store.write("d", [4]);
  assert.deepEqual([own.getItem("d"), common.getItem("d")], ["[4]", "[4]"]);
});

test("a tab changes for all windows what it sets, and nothing else", () => {
  const common = shelf();
  const tab = () => new Settings(new Store([shelf(), common]));
  tab().set({ theme: "dark", width: 60 });
  const [one, other] = [tab(), tab()];
  other.set({ singleKeys: false });
  one.set({ width: 24 });
  const { theme, width, singleKeys } = tab().values;
  assert.deepEqual([theme, width, singleKeys], ["dark", 24, false]);
});

test("a tab that set one thing keeps all the others over a reload", () => {
  const [own, common] = [shelf(), shelf()];
  new Settings(new Store([common])).set({ theme: "dark" });
  new Settings(new Store([own, common])).set({ width: 24 });
  const { theme, width } = new Settings(new Store([own, common])).values;
  assert.deepEqual([theme, width], ["dark", 24]);
});
