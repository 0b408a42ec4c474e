// Keys: single ones to get around, off in fields, and off altogether for those who want them so.

const KEEP = "maestro_keys";
let before = "";

const isTyping = (target) => target.closest?.("input, textarea, select, [contenteditable]") && target.id !== "keys-on";

const go = (name) => {
  const to = document.body.dataset[name];
  if (to) location.assign(to);
};

// Moves the focus to the next or the previous row.
const step = (by) => {
  const rows = [...document.querySelectorAll("main [data-row]")].filter((row) => row.getClientRects().length);
  const at = rows.indexOf(document.activeElement);
  rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + by))]?.focus();
};

// Folds or unfolds what belongs to the row that has the focus.
const fold = (open) => {
  const item = document.activeElement?.closest("li");
  const details = item?.querySelector(":scope > details") ?? document.activeElement?.closest("details");
  if (!details) return false;
  details.open = open;
  return true;
};

const SINGLE = {
  n: () => document.querySelector("a[data-dialog][href*='/orchestras/new']")?.click(),
  b: () => document.getElementById("asks")?.togglePopover(),
  "?": () => document.getElementById("keys")?.togglePopover(),
  "/": () => (document.querySelector("main input[type='search']") ?? document.querySelector("#orchestras a"))?.focus(),
  j: () => step(1),
  k: () => step(-1),
};
const AFTER_G = { o: "overview", r: "runs", c: "composer", a: "agents", m: "costs" };

export const begin = () => {
  const box = document.getElementById("keys-on");
  if (box) {
    box.checked = localStorage.getItem(KEEP) !== "off";
    box.addEventListener("change", () => localStorage.setItem(KEEP, box.checked ? "on" : "off"));
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && event.target.closest?.(".wf, .json")) {
      if (fold(event.key === "ArrowRight")) event.preventDefault();
      return;
    }
    if (localStorage.getItem(KEEP) === "off") return;
    const after = before;
    before = event.key;
    if (after === "g" && AFTER_G[event.key]) return go(AFTER_G[event.key]);
    if (SINGLE[event.key]) {
      event.preventDefault();
      SINGLE[event.key]();
    }
  });
};
