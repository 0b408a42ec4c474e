// Live pages: one stream tells that something changed, the page is read anew, and only what differs is replaced.
import { drawn } from "./times.js";

// At most one look in so many milliseconds, and never more than a third of the time.
const PAUSE = 150;
// What is not what the page is about, such as a number in its frame, may wait so long.
const LATER = 2000;

let source = null;
let lost = null;
let looking = false;
let again = false;
let timer = null;
let took = 0;

const say = (text, off = false) => {
  const place = document.getElementById("live");
  if (!place || (place.textContent === text && place.classList.contains("off") === off)) return;
  place.textContent = text;
  place.classList.toggle("off", off);
};

const clock = (at) => at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

// Keeps what the reader does from being replaced by what the server says.
const callbacks = {
  beforeNodeMorphed: (old, fresh) => {
    if (old.nodeType !== 1) return true;
    if (old.id === "live" || old.tagName === "DIALOG" || old.id === "toast") return false;
    if (old === document.activeElement && /^(INPUT|TEXTAREA|SELECT)$/.test(old.tagName)) return false;
    // A form in which something was typed stays as it is.
    if (old.tagName === "FORM" && old.dataset.typed !== undefined) return false;
    if (old.tagName === "DETAILS" && fresh.tagName === "DETAILS") fresh.open = old.open;
    if (old.id === "keys-on") return false;
    return true;
  },
  beforeNodeRemoved: (node) => node.nodeType !== 1 || (node.tagName !== "DIALOG" && !node.contains(document.activeElement) && node.id !== "toast"),
  beforeAttributeUpdated: (name, node) => !(name === "open" && (node.tagName === "DETAILS" || node.tagName === "DIALOG")) && !(name === "inert") && !(node.tagName === "OPTION" && name === "selected"),
};

// Replaces what differs in the present page.
const morph = (html) => {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  if (!fresh.getElementById("main")) return location.reload();
  for (const id of ["side", "body"]) {
    const [old, present] = [document.getElementById(id), fresh.getElementById(id)];
    if (old && present) window.Idiomorph.morph(old, present, { morphStyle: "outerHTML", ignoreActiveValue: true, callbacks });
  }
  document.title = fresh.title;
  drawn();
};

// Reads the page anew, at most once at a time.
const look = async () => {
  if (looking) {
    again = true;
    return;
  }
  looking = true;
  again = false;
  const begun = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
    // A record that is gone, a login that is over: the browser should show it.
    if (answer.redirected || answer.status === 401) location.reload();
    else if (answer.ok || answer.status === 404) morph(await answer.text());
  } catch {
    // Without a connection; the stream says so and comes back.
  }
  took = performance.now() - begun;
  looking = false;
  if (again) soon(null);
};

const soon = (event) => {
  if (document.hidden) {
    again = true;
    return;
  }
  const about = document.body.dataset.about;
  const wait = Math.max(PAUSE, took * 2, about && event && !event.data.includes(about) ? LATER : 0);
  const due = performance.now() + wait;
  if (timer && timer.due <= due) return;
  if (timer) clearTimeout(timer.id);
  const id = setTimeout(() => {
    timer = null;
    look();
  }, wait);
  timer = { id, due };
};

const open = () => {
  const url = document.body.dataset.events;
  if (!url || source) return;
  source = new EventSource(url);
  source.addEventListener("open", () => {
    lost = null;
    say("Live");
  });
  let first = true;
  source.addEventListener("snapshot", () => {
    // The first one says what the page shows already, unless the connection was lost before.
    if (!first) soon(null);
    first = false;
  });
  for (const kind of ["run", "step", "orchestra", "score", "agent", "workspace", "deleted"]) source.addEventListener(kind, soon);
  source.addEventListener("error", () => {
    lost ??= new Date();
    say(navigator.onLine ? "Reconnecting…" : `Offline since ${clock(lost)}`, true);
    // A stream that was refused does not come back by itself.
    if (source?.readyState === EventSource.CLOSED) {
      close();
      setTimeout(open, 3000);
    }
  });
};

const close = () => {
  source?.close();
  source = null;
};

export const begin = () => {
  if (!document.body.dataset.events) return;
  open();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else {
      open();
      look();
    }
  });
  addEventListener("online", () => {
    close();
    open();
    look();
  });
  addEventListener("offline", () => {
    lost ??= new Date();
    say(`Offline since ${clock(lost)}`, true);
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      open();
      look();
    }
  });
  document.addEventListener("maestro:again", look);
};
