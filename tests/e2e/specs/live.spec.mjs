// Pages follow what happens, without flicker and without losing what the reader does.
import { api, asking, expect, listen, orchestra, run, test } from "./house.mjs";

test("two tabs show the same, and neither fights the other", async ({ page, context, house, complaints }) => {
  const id = await orchestra(house, "Seen twice", "reply-triage", { cron: "0 3 * * *" });
  const other = await context.newPage();
  listen(other, complaints);
  await page.goto(`${house}/orchestras/${id}`);
  await other.goto(`${house}/orchestras/${id}`);
  await page.getByRole("button", { name: "Enabled" }).click();
  await expect(other.getByRole("button", { name: "Enabled" })).toHaveAttribute("aria-pressed", "true");
  // Pressed again in the tab that was slower, it stays as it is.
  await other.getByRole("button", { name: "Enabled" }).click();
  await expect(page.getByRole("button", { name: "Enabled" })).toHaveAttribute("aria-pressed", "true");
  expect((await api(house, "GET", `/orchestras/${id}`)).enabled).toBe(true);
});

test("what is open stays open, and what is typed stays typed", async ({ page, house }) => {
  const id = await orchestra(house, "Read while it plays", await asking(house, "Read letter"));
  const made = await run(house, id, "waiting");
  await page.goto(`${house}/runs/${made}`);
  await expect(page.locator("#live")).toHaveText("Live");
  await page.locator("#graph > summary").click();
  await page.getByLabel("Note").fill("half a thou");
  const lives = page.locator("#side .end");
  const before = await lives.textContent();
  await api(house, "POST", `/runs/by-orchestra/${id}`, {});
  await api(house, "PATCH", `/orchestras/${id}`, { description: "new" });
  await expect(lives).not.toHaveText(before);
  await expect(page.getByLabel("Note")).toHaveValue("half a thou");
  await expect(page.getByLabel("Note")).toBeFocused();
  await expect(page.locator("#graph")).not.toHaveAttribute("open", "");
});

test("without a connection the page says so, and catches up when it is back", async ({ page, context, house }) => {
  const id = await orchestra(house, "Offline for a while");
  await page.goto(`${house}/orchestras/${id}`);
  await expect(page.locator("#live")).toHaveText("Live");
  await context.setOffline(true);
  await expect(page.locator("#live")).toContainText("Offline since");
  await api(house, "PATCH", `/orchestras/${id}`, { description: "written meanwhile" });
  await context.setOffline(false);
  await expect(page.locator("#live")).toHaveText("Live");
  await expect(page.getByText("written meanwhile")).toBeVisible();
});

test("an orchestra that is deleted in another tab says so", async ({ page, house, complaints }) => {
  const id = await orchestra(house, "Soon gone");
  await page.goto(`${house}/orchestras/${id}`);
  await expect(page.locator("#live")).toHaveText("Live");
  await api(house, "DELETE", `/orchestras/${id}`);
  await expect(page.getByText("There is no such thing here")).toBeVisible();
  // The browser tells of each answer 404; that is what this is about.
  complaints.length = 0;
});
