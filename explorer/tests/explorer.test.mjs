// The explorer in a real browser, against a real network.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { FACES, launch, Visit } from "./browser.mjs";
import { Devnet, HOSTILE } from "./devnet.mjs";

const FIXTURES = path.resolve(import.meta.dirname, "../../receipt/tests/fixtures");

let [browser, devnet, trivial, fails, verified, failed] = [];

before(async () => {
  devnet = await Devnet.start();
  trivial = await devnet.deploy(HOSTILE, "trivial/prover.wasm");
  fails = await devnet.deploy("fails on purpose", "faulty/fails/prover.wasm");
  verified = await devnet.run(trivial);
  assert.equal(await devnet.ended(verified), "verified");
  failed = await devnet.run(fails);
  assert.equal(await devnet.ended(failed), "failed");
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await devnet?.remove();
});

const file = (bytes, name) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) });

for (const face of FACES) {
  describe(face.name, () => {
    test("every page shows what it is about, and fits", async () => {
      const visit = await Visit.begin(browser, devnet.url, face);
      const { page } = visit;
      const { provers } = await fetch(`${devnet.url}/v1/provers`).then((it) => it.json());
      const sender = (await fetch(`${devnet.url}/v1/workloads/${verified}`).then((it) => it.json())).run.sender;
      const pages = {
        "": ".blocks li", workloads: "tbody tr", [`workload/${verified}`]: ".life li", [`workload/${failed}`]: ".life li.failed",
        provers: "tbody tr", [`prover/${provers[0].account}`]: ".meter", programs: "tbody tr", [`program/${trivial}`]: "pre",
        accounts: "tbody tr", [`account/${sender}`]: "tbody tr", validators: "tbody tr", network: ".plot polyline",
        verify: "#file", blocks: "tbody tr", "block/3": "dl", "find/nothing": "p",
      };
      for (const [hash, shown] of Object.entries(pages)) {
        await visit.open(hash);
        await page.locator(`main ${shown}`).first().waitFor();
        assert.equal(await page.locator(".trouble").count(), 0, hash);
        await visit.fits(hash);
        await visit.shot(hash.replace("/", "-").slice(0, 24) || "home");
      }
      await visit.end();
    });

    test("a run is followed from its submission to Verified", async () => {
      const visit = await Visit.begin(browser, devnet.url, face);
      const workload = await devnet.run(trivial);
      const row = visit.page.locator(`tr[data-key="${workload}"]`);
      await row.waitFor();
      await row.locator("a").first().click();
      await visit.page.locator(".now .chip.verified").waitFor();
      await visit.page.getByText(/Repeated in this browser: of \d+ tickets/).waitFor();
      assert.equal(await visit.page.getByText("✓ valid").count(), 4);
      assert.match(await visit.page.locator("main").innerText(), /Charged to the sender in all: 0\.\d/);
      assert.ok((await visit.page.locator("main").innerText()).includes(HOSTILE), "the name is shown as text");
      assert.equal(await visit.page.locator("main img").count(), 0);
      await visit.fits("a workload");
      await visit.shot("followed");
      await visit.end();
    });

    test("a good receipt holds, and one with a flipped bit is refused", async () => {
      const visit = await Visit.begin(browser, devnet.url, face);
      const { page } = visit;
      await visit.open("verify");
      await page.locator("#key").fill((await readFile(path.join(FIXTURES, "group.key"), "utf8")).trim());
      const good = await readFile(path.join(FIXTURES, "verified.receipt"));
      await page.locator("#file").setInputFiles(file(good, "good.receipt"));
      await page.locator(".verdict.yes").waitFor();
      await page.getByText("Repeated in this browser").waitFor();
      await visit.shot("receipt-good");
      const tampered = Buffer.from(good);
      tampered[tampered.length >> 1] ^= 1;
      await page.locator("#file").setInputFiles(file(tampered, "tampered.receipt"));
      await page.locator(".verdict.no").waitFor();
      assert.match(await page.locator(".verdict.no").innerText(), /This receipt does not hold/);
      await visit.shot("receipt-tampered");
      await visit.end();
    });
  });
}

test("this network's receipt holds under its key, and not under another", async () => {
  const visit = await Visit.begin(browser, devnet.url);
  const { page } = visit;
  await visit.open("verify");
  await page.waitForFunction(() => document.getElementById("key").value.length === 192);
  const receipt = new Uint8Array(await fetch(`${devnet.url}/v1/workloads/${failed}/receipt`).then((it) => it.arrayBuffer()));
  await page.locator("#file").setInputFiles(file(receipt, "failed.receipt"));
  await page.locator(".verdict.yes").waitFor();
  await page.locator("#key").fill((await readFile(path.join(FIXTURES, "group.key"), "utf8")).trim());
  await page.locator("#file").setInputFiles(file(receipt, "other-key.receipt"));
  await page.locator(".verdict.no").waitFor();
  await page.locator("#file").setInputFiles(file(Buffer.from("PK"), "no.receipt"));
  await page.getByText("this is not a receipt").waitFor();
  await visit.end();
});

test("what is downloaded is what the node has", async () => {
  const visit = await Visit.begin(browser, devnet.url);
  await visit.open(`workload/${verified}`);
  for (const [name, query] of [["Receipt", "receipt"], ["Proof", "proof?part=proof"]]) {
    const [download] = await Promise.all([visit.page.waitForEvent("download"), visit.page.locator("a.button", { hasText: new RegExp(`^${name}$`) }).click()]);
    const saved = await readFile(await download.path());
    const there = Buffer.from(await fetch(`${devnet.url}/v1/workloads/${verified}/${query}`).then((it) => it.arrayBuffer()));
    assert.ok(saved.length > 0 && (name === "Receipt" || saved.equals(there)), name);
  }
  await visit.end();
});

test("every page is reached by keyboard, and focus is seen", async () => {
  const visit = await Visit.begin(browser, devnet.url);
  const { page } = visit;
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "skip");
  const links = await page.locator("#nav a").count();
  for (let place = 0; place < links; place += 1) {
    await page.locator("#skip").focus();
    const wanted = await page.locator("#nav a").nth(place).getAttribute("href");
    for (let steps = 0; (await page.evaluate(() => document.activeElement.getAttribute("href"))) !== wanted; steps += 1) {
      assert.ok(steps < 30, `${wanted} is not reached`);
      await page.keyboard.press("Tab");
    }
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none", wanted);
    await page.keyboard.press("Enter");
    await page.waitForFunction((hash) => location.hash === hash, wanted);
    await page.waitForFunction(() => document.activeElement.tagName === "H1");
  }
  await visit.open("");
  const link = page.locator(`tr[data-key="${failed}"] a`).first();
  await link.focus();
  const heights = () => page.locator(".blocks li").first().getAttribute("data-key");
  const seen = await heights();
  await page.waitForFunction((old) => document.querySelector(".blocks li").dataset.key > old, seen);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("href")), `#/workload/${failed}`, "focus stays where it was");
  await page.keyboard.press("Enter");
  await page.locator(".life").waitFor();
  await visit.end();
});

test("the theme is switched and remembered", async () => {
  const visit = await Visit.begin(browser, devnet.url, FACES[0]);
  const paper = () => visit.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await visit.page.locator("#theme").click();
  const dark = await paper();
  assert.notEqual(dark, light);
  await visit.page.reload();
  assert.equal(await paper(), dark);
  await visit.end();
});

test("a problem is told as the API tells it", async () => {
  const visit = await Visit.begin(browser, devnet.url, FACES[0], [/status of 404/]);
  await visit.open(`workload/${"0".repeat(64)}`);
  const told = await visit.page.locator(".trouble").innerText();
  assert.match(told, /there is no such thing/i);
  assert.match(told, /What to do: .*check the id/);
  assert.match(told, /code not-found, status 404/);
  await visit.open("no-such-page");
  await visit.page.getByText("There is no such page").waitFor();
  await visit.end();
});

test("the log is shown as text, or the reason why not", async () => {
  const visit = await Visit.begin(browser, devnet.url, FACES[0], [/status of 404/]);
  await visit.open(`workload/${verified}`);
  await visit.page.getByRole("button", { name: "Show the log of attempt 1" }).click();
  await visit.page.locator(".log pre, .log .trouble").waitFor();
  if (await visit.page.locator(".log .trouble").count()) {
    // Another node's prover made it: that is one link away.
    const link = visit.page.locator(".log a");
    await link.waitFor();
    assert.match(await link.getAttribute("href"), new RegExp(`^http://127\\.0\\.0\\.1:\\d+/#/workload/${verified}$`));
  } else {
    assert.match(await visit.page.locator(".log pre").innerText(), /turning the statement around/);
  }
  await visit.end();
});

test("a lost connection is said, and found again by itself", async () => {
  const expected = [/Failed to load resource/, /ERR_/];
  const visit = await Visit.begin(browser, devnet.url, FACES[0], expected);
  await devnet.stop();
  await visit.page.getByText("The connection to this node is lost").waitFor();
  await visit.shot("lost");
  devnet.launch();
  await devnet.ready();
  await visit.page.locator("#pulse.on").waitFor({ timeout: 90_000 });
  await visit.page.getByText("The connection to this node is lost").waitFor({ state: "detached" });
  await visit.end();
});
