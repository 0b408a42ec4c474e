// Mounted deep below a site, nothing leads out of it.
import { asking, expect, orchestra, run, test } from "./house.mjs";

test.use({ args: [["--base", "/tools/automation"], { scope: "worker" }] });

test("every link, asset and form stays below the prefix", async ({ page, house }) => {
  const bad = [];
  page.on("response", (answer) => answer.status() >= 400 && bad.push(`${answer.status()} ${answer.url()}`));
  const made = await run(house, await orchestra(house, "Deep", await asking(house, "Deep letter")), "waiting");
  for (const path of ["", "/runs", `/runs/${made}`, "/orchestras/deep", "/composer", "/composer/cold-leads", "/agents", "/costs"]) {
    await page.goto(house + path);
    const outside = await page.evaluate(() =>
      [...document.querySelectorAll("[href], [src], form[action]")]
        .map((element) => element.getAttribute("href") ?? element.getAttribute("src") ?? element.getAttribute("action"))
        .filter((address) => !address.startsWith("#") && !address.startsWith("/tools/automation")),
    );
    expect(outside, path).toEqual([]);
  }
  await page.goto(`${house}/runs/${made}`);
  await expect(page.locator("#live")).toHaveText("Live");
  await page.getByRole("button", { name: "Reject" }).click();
  await expect(page.locator("#status")).toHaveText("Failed");
  expect(bad).toEqual([]);
});
