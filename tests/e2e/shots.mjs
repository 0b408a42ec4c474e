// Takes pictures of pages: `node shots.mjs ADDRESS FOLDER [NAME=PATH…]`, each light, dark and narrow.
import { chromium } from "@playwright/test";

const [address, folder, ...pages] = process.argv.slice(2);
const args = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
const looks = { light: [1440, 900, "light"], dark: [1440, 900, "dark"], narrow: [390, 844, "light"] };
const wanted = (process.env.LOOKS ?? "light,dark,narrow").split(",");

for (const [look, [width, height, colorScheme]] of Object.entries(looks).filter(([look]) => wanted.includes(look))) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, timezoneId: "Europe/Berlin", reducedMotion: "reduce" });
  const page = await context.newPage();
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && console.log(look, page.url(), message.text()));
  page.on("pageerror", (error) => console.log(look, page.url(), error.message));
  await page.goto(address);
  await page.waitForTimeout(300);
  for (const pair of pages) {
    const at = pair.indexOf("=");
    await page.goto(address + pair.slice(at + 1));
    await page.waitForTimeout(400);
    await page.screenshot({ path: `${folder}/${pair.slice(0, at)}-${look}.png`, fullPage: process.env.WHOLE !== undefined });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) console.log(`${look} ${pair}: ${wide} px too wide`);
  }
  await context.close();
}
await browser.close();
