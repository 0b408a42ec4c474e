// Whatever people write, pages stay usable and safe.
import { api, expect, orchestra, run, test } from "./house.mjs";

const HOSTILE = '<img src=x onerror=alert(1)>"\'&amp; ';
const HEBREW = "שלום עולם \u202eabc\u202c 🎻🎺";

test("names with markup are text", async ({ page, house }) => {
  page.on("dialog", () => expect(null, "a script ran").toBe("nothing"));
  const id = await orchestra(house, HOSTILE.trim(), "reply-triage", { description: HOSTILE.repeat(20), tag: "<b>tag" });
  const made = await run(house, id, "succeeded");
  for (const path of ["/", `/orchestras/${id}`, `/orchestras/${id}/settings`, `/orchestras/${id}/run`, `/runs/${made}`, "/runs", "/costs"]) {
    await page.goto(house + path);
    expect(await page.locator("img").count(), path).toBe(0);
  }
  await page.goto(`${house}/orchestras/${id}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(HOSTILE.trim());
});

test("names that read from right to left do not turn the page around", async ({ page, house }) => {
  const id = await orchestra(house, HEBREW);
  await page.goto(`${house}/orchestras/${id}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(HEBREW);
  const box = await page.getByRole("link", { name: "Run now" }).boundingBox();
  expect(box.x).toBeGreaterThan(600);
});

test("a text of 100 kB stays within its place", async ({ page, house }) => {
  const id = await orchestra(house, "Takes a lot");
  const text = "unbroken".repeat(12_500);
  const { id: made } = await api(house, "POST", `/runs/by-orchestra/${id}`, { input: { text } });
  await page.goto(`${house}/runs/${made}`);
  await expect(page.locator(".json").first()).toContainText("100.0 kB");
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280);
});

test("a score of 2,000 nodes can be read", async ({ page, house }) => {
  const nodes = Array.from({ length: 2_000 }, (_, n) => ({ id: `n${n}`, kind: "deterministic", skill: "pages", operation: "read" }));
  const edges = Array.from({ length: 1_999 }, (_, n) => ({ from: `n${n >> 1}`, to: `n${n + 1}` }));
  const { id } = await api(house, "POST", "/scores", { name: "Very large", nodes, edges });
  const begun = Date.now();
  await page.goto(`${house}/composer/${id}?node=n1200`);
  await expect(page.getByText("All 2000 nodes")).toBeVisible();
  await expect(page.locator(".node.sel")).toHaveCount(1);
  expect(Date.now() - begun).toBeLessThan(10_000);
});

test("a run of thousands of steps can be read", async ({ page, house }) => {
  const nodes = [
    { id: "each", kind: "map_over", items: "{{ input.items }}", body: ["work"], max_concurrency: 500 },
    { id: "work", kind: "delay", for_s: 0.001 },
  ];
  const { id: score } = await api(house, "POST", "/scores", { name: "Many items", nodes, edges: [] });
  const id = await orchestra(house, "Many items", score);
  const { id: made } = await api(house, "POST", `/runs/by-orchestra/${id}`, { input: { items: Array.from({ length: 3_000 }, (_, n) => n) } });
  await expect.poll(async () => (await api(house, "GET", `/runs/${made}`)).status, { timeout: 40_000 }).toBe("succeeded");
  const begun = Date.now();
  await page.goto(`${house}/runs/${made}`);
  await expect(page.locator("#w-each")).toBeVisible();
  expect(Date.now() - begun).toBeLessThan(10_000);
  await page.locator("#p-each > summary").click();
  await page.getByRole("link", { name: /Show the next 50/ }).click();
  await expect(page.locator("#w-each")).toContainText("#99");
});
