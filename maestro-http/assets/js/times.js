// Times: told by distance, kept up to date; bars that grow; and the zone of the browser, which the server asks for.

// Returns how far away a moment is, in the words of the server.
const ago = (at, now) => {
  const seconds = Math.trunc((now - at) / 1000);
  const s = Math.abs(seconds);
  let away;
  if (s < 45) return seconds >= 0 ? "just now" : "in a moment";
  if (s < 3570) away = `${Math.trunc((s + 30) / 60)} min`;
  else if (s < 84600) away = `${Math.trunc((s + 1800) / 3600)} h`;
  else {
    const days = Math.trunc((s + 43200) / 86400);
    away = days === 1 ? "1 day" : `${days} days`;
  }
  return seconds >= 0 ? `${away} ago` : `in ${away}`;
};

const tell = () => {
  const now = Date.now();
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const text = ago(Date.parse(time.dateTime), now);
    // One that tells how long something lasts has no "ago".
    const shown = time.textContent.endsWith("ago") || !/^\d/.test(time.textContent) ? text : text.replace(/ ago$/, "");
    if (time.textContent !== shown) time.textContent = shown;
  }
};

// Lets bars of what still goes on grow until the server draws them anew.
const grow = () => {
  if (document.hidden) return;
  const now = Date.now();
  for (const bar of document.querySelectorAll("[data-rate]")) {
    bar.began ??= { at: now, width: parseFloat(bar.getAttribute("width")), x: parseFloat(bar.getAttribute("x")) };
    const grown = ((now - bar.began.at) / 1000) * parseFloat(bar.dataset.rate);
    if (bar.classList.contains("tip")) bar.setAttribute("x", `${Math.min(99.6, bar.began.x + grown)}%`);
    else bar.setAttribute("width", `${Math.max(0, Math.min(99.6 - bar.began.x, bar.began.width + grown))}%`);
  }
};

// Forgets how bars began, because the server has drawn them anew.
export const drawn = () => {
  for (const bar of document.querySelectorAll("[data-rate]")) delete bar.began;
  tell();
};

export const begin = () => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC";
  if (!document.cookie.includes(`maestro_zone=${encodeURIComponent(zone)}`)) {
    document.cookie = `maestro_zone=${encodeURIComponent(zone)}; path=${document.body.dataset.base}; max-age=31536000; samesite=lax`;
    document.dispatchEvent(new Event("maestro:again"));
  }
  tell();
  setInterval(tell, 30_000);
  setInterval(grow, 500);
};
