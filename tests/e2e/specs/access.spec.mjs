// No page and no dialog has a violation that axe can find, in neither theme.
import AxeBuilder from "@axe-core/playwright";
import { asking, expect, orchestra, run, test } from "./house.mjs";

const PAGES = {
  overview: "/",
  runs: "/runs",
  orchestra: "/orchestras/cold-leads-fintech",
  settings: "/orchestras/cold-leads-fintech/settings",
  "run now": "/orchestras/cold-leads-fintech/run",
  "new orchestra": "/orchestras/new",
  composer: "/composer",
  score: "/composer/weekly-brief?node=outline",
  "edited score": "/composer/weekly-brief/edit",
  "new score": "/composer/new",
  agents: "/agents",
  agent: "/agents/outreach-writer",
  costs: "/costs?by=node",
  "nothing there": "/runs/00000000-0000-7000-8000-000000000000",
};

const check = async (page, what) => {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const told = violations.map(({ id, nodes }) => `${what}: ${id} at ${nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ")}`);
  expect(told).toEqual([]);
};

for (const colorScheme of ["light", "dark"]) {
  test.describe(`${colorScheme} pages`, () => {
    test.use({ colorScheme });
    for (const [name, path] of Object.entries(PAGES)) {
      test(name, async ({ page, house, complaints }) => {
        await page.goto(house + path);
        await check(page, name);
        if (name === "nothing there") complaints.length = 0;
      });
    }

    test("a run that waits, and its menus", async ({ page, house }) => {
      const id = await orchestra(house, `Looked at ${colorScheme}`, await asking(house, `Letter ${colorScheme}`));
      const made = await run(house, id, "waiting");
      await page.goto(`${house}/runs/${made}?step=first`);
      await check(page, "run");
      await page.keyboard.press("?");
      await check(page, "keys");
      await page.keyboard.press("Escape");
      await page.keyboard.press("b");
      await check(page, "bell");
    });

    test("a page on a narrow screen", async ({ page, house }) => {
      await page.setViewportSize({ width: 390, height: 844 });
      for (const path of ["/", "/orchestras/cold-leads-fintech", "/composer"]) {
        await page.goto(house + path);
        await check(page, path);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      }
    });
  });
}
