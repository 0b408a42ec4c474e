// What an operator does on an ordinary day.
import { api, asking, expect, orchestra, run, test } from "./house.mjs";

test("an orchestra is made, enabled, run, watched, changed and decided on", async ({ page, house }) => {
  const score = await asking(house, "Evening letter");
  await page.goto(`${house}/`);
  await page.getByRole("link", { name: "New orchestra" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Score to play").selectOption(score);
  await dialog.getByLabel("Name").fill("Evening letter");
  await dialog.getByLabel("Cron schedule").fill("0 18 * * 1-5");
  await expect(dialog.getByText("At 18:00, Monday through Friday")).toBeVisible();
  await expect(dialog.locator(".preview tbody tr")).toHaveCount(5);
  await dialog.getByRole("button", { name: "Create orchestra" }).click();

  await expect(page).toHaveURL(/\/orchestras\/evening-letter$/);
  await expect(page.getByRole("button", { name: "Disabled" })).toHaveAttribute("aria-pressed", "true");
  await page.getByRole("button", { name: "Enabled" }).click();
  await expect(page.getByRole("button", { name: "Enabled" })).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByText("Scheduled", { exact: true })).toBeVisible();

  await page.getByRole("link", { name: "Run now" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Run now" }).click();
  await expect(page).toHaveURL(/\/runs\//);
  // It comes to its approval while the page is open: nobody loads it anew.
  await expect(page.getByRole("heading", { name: "Publish Evening letter?" })).toBeVisible();
  await expect(page.getByRole("button", { name: /needs? a person/ })).toBeVisible();
  await page.getByLabel("Note").fill("looks good");
  await page.getByRole("button", { name: "Approve" }).click();
  await expect(page.locator("#status")).toHaveText("Succeeded");
  await expect(page.locator("#waterfall")).toContainText("last");

  await page.goto(`${house}/orchestras/evening-letter/settings`);
  await page.getByLabel("Description").fill("Goes out in the evening.");
  await page.getByLabel("Runs at once, at most").fill("1");
  await page.getByRole("button", { name: "Save settings" }).click();
  await expect(page.getByText("Goes out in the evening.")).toBeVisible();
  expect((await api(house, "GET", "/orchestras/evening-letter")).max_concurrent_runs).toBe(1);
});

test("a run is cancelled", async ({ page, house }) => {
  const id = await orchestra(house, "To be cancelled", await asking(house, "Slow letter"));
  await page.goto(`${house}/orchestras/${id}/run`);
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(page.getByRole("heading", { name: "Publish Slow letter?" })).toBeVisible();
  await page.getByRole("button", { name: "Cancel run" }).click();
  await expect(page.locator("#status")).toHaveText("Cancelled");
  await expect(page.getByText("cancelled by local")).toBeVisible();
});

test("an input that is no JSON is refused beside its field, and what was typed stays", async ({ page, house }) => {
  const id = await orchestra(house, "Takes input");
  await page.goto(`${house}/orchestras/${id}/run`);
  await page.getByRole("textbox", { name: "Input" }).fill('{"a": ');
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(page.getByRole("textbox", { name: "Input" })).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByRole("textbox", { name: "Input" })).toHaveValue('{"a": ');
});

test("errors of a new orchestra stand beside their fields", async ({ page, house }) => {
  await page.goto(`${house}/orchestras/new`);
  await page.getByLabel("Score to play").selectOption("reply-triage");
  await page.getByLabel("Name").fill("Wrong time");
  await page.getByLabel("Cron schedule").fill("5/15 * * * *");
  await page.getByRole("button", { name: "Create orchestra" }).click();
  await expect(page.locator("#cron-e")).toContainText("5-59/15");
  await expect(page.getByLabel("Name")).toHaveValue("Wrong time");
});

test("settings that others have changed meanwhile are not overwritten", async ({ page, house }) => {
  const id = await orchestra(house, "Edited twice");
  await page.goto(`${house}/orchestras/${id}/settings`);
  await api(house, "PATCH", `/orchestras/${id}`, { description: "by somebody else" });
  await page.getByLabel("Description").fill("by me");
  await page.getByRole("button", { name: "Save settings" }).click();
  await expect(page.getByText("Not saved:")).toBeVisible();
  await expect(page.getByLabel("Description")).toHaveValue("by me");
  expect((await api(house, "GET", `/orchestras/${id}`)).description).toBe("by somebody else");
});

test("a score is edited in the composer and saved as a version", async ({ page, house }) => {
  const score = await asking(house, "To be edited");
  await page.goto(`${house}/composer/${score}/edit`);
  await page.getByLabel("Add a node").selectOption("deterministic");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.getByRole("heading", { name: "step", exact: true })).toBeVisible();
  await expect(page.locator("#troubles")).toBeVisible();
  await page.getByLabel("Skill").selectOption("mail");
  await page.getByRole("button", { name: "Apply and check" }).click();
  await page.getByLabel("Operation").selectOption("send");
  await page.getByLabel("New edge from step to").selectOption("last");
  await page.getByRole("button", { name: "Add edge" }).click();
  await expect(page.getByText("Valid", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Save version 2" }).click();
  await expect(page).toHaveURL(new RegExp(`/composer/${score}$`));
  await expect(page.getByText("version 2")).toBeVisible();
  await page.getByRole("link", { name: "What changed since 1" }).click();
  await expect(page.getByText("node step added")).toBeVisible();
});

test("an agent is changed with an eye on who uses it", async ({ page, house }) => {
  await page.goto(`${house}/agents`);
  await page.getByRole("link", { name: "Outreach writer" }).click();
  await expect(page.getByRole("heading", { name: /Saving makes version/ })).toBeVisible();
  await expect(page.locator("aside").getByRole("link", { name: "cold-leads" })).toBeVisible();
  await page.getByLabel("System prompt").fill("");
  await page.getByRole("button", { name: /Save version/ }).click();
  await expect(page.locator("#system_prompt-e")).toBeVisible();
  await page.getByLabel("System prompt").fill("Two sentences.");
  await page.getByRole("button", { name: /Save version/ }).click();
  await expect(page.locator("#toast")).toHaveText("Saved.");
});

test("a run that failed is played on, and played a second time", async ({ page, house }) => {
  const id = await orchestra(house, "Rejected at first", await asking(house, "Rejected letter"));
  const made = await run(house, id, "waiting");
  await page.goto(`${house}/runs/${made}`);
  await page.getByRole("button", { name: "Reject" }).click();
  await expect(page.locator("#status")).toHaveText("Failed");
  await page.getByRole("button", { name: "Retry run" }).click();
  await expect(page.getByRole("heading", { name: "Publish Rejected letter?" })).toBeVisible();
  await page.getByRole("button", { name: "Approve" }).click();
  await expect(page.locator("#status")).toHaveText("Succeeded");
  await page.getByRole("button", { name: "Rerun" }).click();
  await expect(page).not.toHaveURL(new RegExp(made));
  await expect(page.getByText("Rerun of")).toBeVisible();
});
