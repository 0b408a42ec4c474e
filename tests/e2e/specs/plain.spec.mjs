// Without scripts every page shows the same, and every form works.
import { api, asking, expect, orchestra, run, test } from "./house.mjs";

test.use({ javaScriptEnabled: false });

test("an orchestra is made, enabled, run and decided on by forms alone", async ({ page, house }) => {
  const score = await asking(house, "Plain letter");
  await page.goto(`${house}/orchestras/new`);
  await page.getByLabel("Score to play").selectOption(score);
  await page.getByLabel("Name").fill("Plain letter");
  await page.getByRole("button", { name: "Create orchestra" }).click();
  await expect(page).toHaveURL(/\/orchestras\/plain-letter$/);
  await page.getByRole("button", { name: "Enabled" }).click();
  await expect(page.getByRole("button", { name: "Enabled" })).toHaveAttribute("aria-pressed", "true");
  await page.getByRole("button", { name: "Disabled" }).click();
  await page.getByRole("link", { name: "Run now" }).click();
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(page).toHaveURL(/\/runs\//);
  const made = page.url().split("/").pop();
  await expect.poll(async () => (await api(house, "GET", `/runs/${made}`)).status).toBe("waiting");
  await page.reload();
  await page.getByRole("button", { name: "Approve" }).click();
  await expect.poll(async () => (await api(house, "GET", `/runs/${made}`)).status).toBe("succeeded");
});

test("themes are chosen and kept, and filters live in the address", async ({ page, house }) => {
  await page.goto(`${house}/runs`);
  await page.getByRole("button", { name: "Dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.getByLabel("State").selectOption("failed");
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page).toHaveURL(/status=failed/);
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(page.getByLabel("State")).toHaveValue("failed");
});

test("a score is changed by its panel", async ({ page, house }) => {
  const score = await asking(house, "Plain score");
  await page.goto(`${house}/composer/${score}/edit`);
  await page.getByRole("button", { name: "review", exact: true }).click();
  await page.getByLabel("Asks").fill("Is it plain enough?");
  await page.getByRole("button", { name: "Save version 2" }).click();
  expect((await api(house, "GET", `/scores/${score}`)).nodes[1].title).toBe("Is it plain enough?");
});

test("a run is shown with all of its steps", async ({ page, house }) => {
  const made = await run(house, await orchestra(house, "Plain run"), "succeeded");
  await page.goto(`${house}/runs/${made}`);
  for (const node of ["read", "merge", "publish"]) await expect(page.locator("#waterfall").getByRole("link", { name: node })).toBeVisible();
});
