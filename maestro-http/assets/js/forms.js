// Forms and dialogs: dialogs open in place, schedules are read while they are typed, what was typed is not lost.

// Shows the dialog of another page over this one.
const openDialog = async (href, opener) => {
  const answer = await fetch(href, { headers: { accept: "text/html" }, cache: "no-store" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const dialog = page.querySelector("dialog");
  if (!dialog) return location.assign(href);
  show(document.adoptNode(dialog), opener);
};

const show = (dialog, opener) => {
  document.querySelector("dialog")?.remove();
  dialog.removeAttribute("open");
  document.body.append(dialog);
  dialog.showModal();
  (dialog.querySelector("[aria-invalid='true']") ?? dialog.querySelector("select, input:not([type='hidden']), textarea"))?.focus();
  dialog.addEventListener("cancel", (event) => {
    if (dialog.querySelector("form[data-typed]") && !confirm("Close and lose what you typed?")) event.preventDefault();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    opener?.focus();
  });
  watch(dialog);
};

// Makes the dialog that a page was served with a real one.
const adopt = () => {
  const dialog = document.querySelector("dialog[open]");
  if (!dialog) return;
  document.querySelector(".scrim")?.remove();
  for (const part of document.querySelectorAll("[inert]")) part.inert = false;
  show(dialog, null);
};

// Reads a schedule while it is typed.
const preview = async (form, place) => {
  const field = (name) => form.elements.namedItem(name)?.value ?? "";
  const query = new URLSearchParams({ cron: field("cron"), timezone: field("timezone") });
  const url = document.body.dataset.preview;
  try {
    const answer = await fetch(`${url}${url.includes("?") ? "&" : "?"}${query}`, { headers: { accept: "text/html" } });
    if (answer.ok) place.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
  } catch {
    // The server says what is wrong when the form is sent.
  }
};

const watch = (root) => {
  const place = root.querySelector("[data-preview-of]");
  const form = place?.closest("form");
  if (!form) return;
  let timer = 0;
  form.addEventListener("input", (event) => {
    if (event.target.name !== "cron" && event.target.name !== "timezone") return;
    clearTimeout(timer);
    timer = setTimeout(() => preview(form, place), 200);
  });
};

export const begin = () => {
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const link = event.target.closest?.("a[data-dialog], a[data-close]");
    if (!link) return;
    if (link.matches("[data-dialog]")) {
      event.preventDefault();
      openDialog(link.href, link).catch(() => location.assign(link.href));
    } else if (link.closest("dialog")?.open && !link.closest("dialog").dataset.page) {
      event.preventDefault();
      link.closest("dialog").close();
    }
  });
  // In a draft, a node of the graph is chosen by the button that stands for it.
  document.addEventListener("click", (event) => {
    const node = event.target.closest?.("[data-pick] a.node");
    if (!node) return;
    event.preventDefault();
    document.getElementById(decodeURIComponent(node.getAttribute("href").slice(1)))?.click();
  });
  document.addEventListener("input", (event) => {
    if (event.target.id !== "keys-on") event.target.form?.setAttribute("data-typed", "");
  });
  // A form is sent once; a second press of the button changes nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent !== undefined) return event.preventDefault();
    form.dataset.sent = "";
    setTimeout(() => delete form.dataset.sent, 3000);
  });
  const toast = document.getElementById("toast");
  if (toast) setTimeout(() => toast.remove(), 6000);
  document.querySelector("main [aria-invalid='true']")?.focus();
  watch(document);
  adopt();
};
