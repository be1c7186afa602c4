// Long lists and a stream that breaks, in a real browser against a node that is none.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { FACES, launch, Visit } from "./browser.mjs";
import { Fake, id, TIME } from "./fake.mjs";

let [browser, fake] = [];

before(async () => (browser = await launch()));
after(() => browser?.close());
beforeEach(async () => (fake = await Fake.start()));
afterEach(() => fake.stop());

const LISTS = { workloads: 130, programs: 60, accounts: 60, blocks: 120 };
const rows = (page, scope = "main") => page.locator(`${scope} tbody tr`);
const count = (page, wanted, scope) =>
  page.waitForFunction(([where, many]) => document.querySelectorAll(`${where} tbody tr`).length === many, [scope ?? "main", wanted]);
const keys = (page) => page.locator("main tbody tr").evaluateAll((all) => all.map((it) => it.dataset.key));

for (const face of FACES) {
  describe(face.name, () => {
    test("every list goes on to its end, and fits", async () => {
      const visit = await Visit.begin(browser, fake.url, face);
      const { page } = visit;
      for (const [name, all] of Object.entries(LISTS)) {
        await visit.open(name);
        await count(page, 50);
        await visit.fits(name);
        for (let shown = 50; shown < all; shown = Math.min(all, shown + 50)) {
          await page.getByRole("button", { name: "More" }).click();
          await count(page, Math.min(all, shown + 50));
        }
        assert.equal(new Set(await keys(page)).size, all, `${name}: each once`);
        await page.getByText(`${all} in all.`).waitFor();
        await visit.fits(name);
        await page.evaluate(() => scrollTo(0, 0));
        await visit.shot(`list-${name}`);
      }
      await visit.end();
    });

    test("an account and a prover have lists of their own", async () => {
      const visit = await Visit.begin(browser, fake.url, face);
      const { page } = visit;
      await visit.open(`account/${id("a", 1)}`);
      const section = (name) => `section[data-key="${name}"]`;
      for (const name of ["Workloads", "Transactions", "Programs", "Every movement of its money"]) await count(page, 10, section(name));
      await page.locator(section("Workloads")).getByRole("button", { name: "More" }).click();
      await count(page, 20, section("Workloads"));
      await count(page, 10, section("Transactions"));
      await page.getByLabel("Cause").selectOption("compute");
      await page.locator(section("Every movement of its money")).getByRole("button", { name: "More" }).click();
      await page.locator(section("Every movement of its money")).getByText("20 in all.").waitFor();
      await visit.fits("an account");
      await visit.shot("list-account");
      await visit.open(`prover/${id("a", 1)}`);
      await count(page, 20, section("Its workloads"));
      await page.locator(section("Its workloads")).getByRole("button", { name: "More" }).click();
      await count(page, 40, section("Its workloads"));
      await visit.fits("a prover");
      await visit.shot("list-prover");
      await visit.end();
    });
  });
}

test("workloads are found by state and by whose they are", async () => {
  const visit = await Visit.begin(browser, fake.url);
  const { page } = visit;
  await visit.open("workloads");
  await count(page, 50);
  await page.getByLabel("State").selectOption("cancelled");
  await count(page, 26);
  await page.getByLabel("Whose id").fill(id("a", 1));
  await page.getByLabel("Whose id").press("Enter");
  await count(page, 13);
  await page.getByLabel("Whose", { exact: true }).selectOption("program");
  await page.getByText("None.", { exact: true }).waitFor();
  await page.getByLabel("Whose id").fill(id("b", 1));
  await page.getByLabel("Whose id").press("Enter");
  await count(page, 9);
  const asked = fake.asked.length;
  await page.getByLabel("Whose id").fill("no id");
  await page.getByLabel("Whose id").press("Enter");
  assert.equal(await page.getByLabel("Whose id").evaluate((field) => field.validity.valid), false);
  assert.ok(!fake.asked.slice(asked).some((path) => path.includes("no")), "what is no id is not asked for");
  await visit.open("blocks");
  await page.getByLabel("Leader").selectOption(id("f", 0));
  await page.waitForFunction((leader) => [...document.querySelectorAll("main tbody tr a[href^='#/validators/']")].every((it) => it.href.endsWith(leader)), id("f", 0));
  await count(page, 50);
  await visit.end();
});

test("more is had by keyboard, and the focus stays at hand", async () => {
  const visit = await Visit.begin(browser, fake.url);
  const { page } = visit;
  await visit.open("workloads");
  await count(page, 50);
  await page.getByRole("button", { name: "More" }).focus();
  await page.keyboard.press("Enter");
  await count(page, 100);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "More");
  await page.keyboard.press("Enter");
  await count(page, 130);
  await page.waitForFunction(() => document.activeElement.textContent === "130 in all.");
  await visit.end();
});

test("what comes in stands above, and what was further back stays", async () => {
  const visit = await Visit.begin(browser, fake.url);
  const { page } = visit;
  await visit.open("workloads");
  await count(page, 50);
  await page.getByRole("button", { name: "More" }).click();
  await count(page, 100);
  for (let number = 130; number < 137; number += 1) fake.addWorkload(number);
  await count(page, 107);
  assert.equal((await keys(page))[0], id("c", 136));
  await page.getByRole("button", { name: "More" }).click();
  await count(page, 137);
  const shown = await keys(page);
  assert.deepEqual(shown, fake.lists.workloads.map((it) => it.workload).reverse());
  await visit.end();
});

test("a list that cannot be read says so, and is read again", async () => {
  const visit = await Visit.begin(browser, fake.url, FACES[0], [/status of 500/]);
  await visit.open("programs");
  await count(visit.page, 50);
  fake.broken.add("programs");
  await visit.page.locator(".trouble").waitFor();
  assert.match(await visit.page.locator(".trouble").innerText(), /see the node's log/);
  assert.equal(await rows(visit.page).count(), 50, "what is known stays");
  fake.broken.clear();
  await visit.page.locator(".trouble").waitFor({ state: "detached" });
  await visit.end();
});

const newBlock = () => {
  const block = fake.addBlock();
  fake.tell({ event: "block", ...block }, `${block.height}-0`);
  return block.height;
};
const top = (page, height) => page.locator(`.blocks li[data-key="${height}"]`).waitFor();

test("a stream that breaks goes on after what was heard last", async () => {
  const visit = await Visit.begin(browser, fake.url, FACES[0], [/ERR_/]);
  const { page } = visit;
  await top(page, newBlock());
  const heard = fake.told.at(-1)[0];
  fake.cut();
  const missed = newBlock();
  await top(page, missed);
  assert.deepEqual(fake.opened, [null, heard]);
  const asked = fake.asked.filter((it) => it.startsWith("/v1/blocks")).length;
  assert.equal(asked, 1, "what was missed came by the stream: nothing was asked anew");
  await page.locator("#pulse.on").waitFor();
  await page.getByText("The connection to this node is lost").waitFor({ state: "detached" });
  await visit.end();
});

test("where events are missing, the page asks anew", async () => {
  const visit = await Visit.begin(browser, fake.url, FACES[0], [/ERR_/]);
  const { page } = visit;
  await top(page, newBlock());
  fake.told = [];
  for (let more = 0; more < 3; more += 1) fake.addBlock();
  fake.cut();
  await top(page, fake.height);
  fake.addBlock();
  fake.tell({ event: "lagged" });
  await top(page, fake.height);
  fake.tell({ event: "queued", workload: id("c", 900), sender: id("a", 1), state: "queued", height: fake.height, time_ms: TIME + 500 * fake.height });
  await page.locator(`tr[data-key="${id("c", 900)}"]`).waitFor();
  await visit.end();
});
