// The house that tests play in: a server of its own for each file, and a page that tolerates no complaint of the browser.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test as base, expect } from "@playwright/test";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const binary = process.env.STAGE ?? `${root}target/debug/examples/stage`;

// Starts a server and returns its address and how to end it.
export const serve = (...args) =>
  new Promise((resolve, reject) => {
    const server = spawn(binary, args, { stdio: ["pipe", "pipe", "inherit"] });
    server.on("error", reject);
    server.on("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    let said = "";
    server.stdout.on("data", (text) => {
      said += text;
      if (said.includes("\n")) resolve({ address: said.trim(), end: () => server.stdin.end() });
    });
  });

export const test = base.extend({
  args: [[], { scope: "worker", option: true }],
  // One server for the tests of a worker; each test makes what it needs.
  house: [
    async ({ args }, use) => {
      const server = await serve(...args);
      await use(server.address);
      server.end();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  // Whatever the browser complains about fails the test: errors in the console, scripts that throw, a policy that is broken.
  complaints: async ({}, use) => {
    const found = [];
    await use(found);
    expect(found).toEqual([]);
  },
  page: async ({ page, complaints }, use) => {
    listen(page, complaints);
    await use(page);
  },
});

export const listen = (page, complaints) => {
  page.on("console", (message) => {
    // A form that is refused is answered with an error status, which the browser mentions.
    const isAnswer = /status of (400|409|412|422)|ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !isAnswer) complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.message}`));
};

export { expect };

// Asks the API.
export const api = async (house, method, path, body) => {
  const answer = await fetch(`${house}/api${path}`, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
};

// Makes an orchestra that plays a score, and returns its id.
export const orchestra = async (house, name, score = "reply-triage", more = {}) =>
  (await api(house, "POST", "/orchestras", { name, score_id: score, ...more })).id;

// Makes a score of one approval and a step behind it.
export const asking = async (house, name) => {
  const nodes = [
    { id: "first", kind: "deterministic", skill: "pages", operation: "read", input: { ms: 200 } },
    { id: "review", kind: "approval", title: `Publish ${name}?` },
    { id: "last", kind: "deterministic", skill: "feed", operation: "publish", input: { ms: 200 } },
  ];
  const edges = [{ from: "first", to: "review" }, { from: "review", to: "last" }];
  return (await api(house, "POST", "/scores", { name, nodes, edges })).id;
};

// Asks for a run and waits until it has a status.
export const run = async (house, id, ...statuses) => {
  const { id: made } = await api(house, "POST", `/runs/by-orchestra/${id}`, {});
  await expect.poll(async () => (await api(house, "GET", `/runs/${made}`)).status, { timeout: 20_000 }).toMatch(new RegExp(statuses.join("|")));
  return made;
};
