// Debian's chromium, and a page that notices what must not happen.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { chromium } from "playwright-core";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** Where screenshots go, if they are wanted. */
const SHOTS = process.env.SHOTS;

export const FACES = [
  { name: "desktop-light", viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  { name: "desktop-dark", viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  { name: "phone-light", viewport: { width: 390, height: 844 }, colorScheme: "light" },
  { name: "phone-dark", viewport: { width: 390, height: 844 }, colorScheme: "dark" },
];

export const launch = () => chromium.launch({ executablePath, args: ["--no-sandbox"] });

/** A page of the explorer with a record of its errors and of the hosts that it asked. */
export class Visit {
  static async begin(browser, url, face = FACES[0], expected = []) {
    const visit = new Visit();
    const context = await browser.newContext({ viewport: face.viewport, colorScheme: face.colorScheme, reducedMotion: "reduce" });
    Object.assign(visit, { url, face, context, page: await context.newPage(), wrong: [], asked: new Set() });
    const note = (text) => expected.some((it) => it.test(text)) || visit.wrong.push(text);
    visit.page.on("console", (it) => ["error", "warning"].includes(it.type()) && note(`${it.text()} ${it.location().url}`));
    visit.page.on("pageerror", (error) => note(error.stack));
    visit.page.on("dialog", (dialog) => (note(`dialog: ${dialog.message()}`), dialog.dismiss()));
    visit.page.on("request", (request) => visit.asked.add(new URL(request.url()).origin));
    await visit.page.goto(url);
    await visit.page.locator("#pulse.on").waitFor();
    return visit;
  }

  async open(hash) {
    await this.page.goto(`${this.url}/explorer/#/${hash}`);
    await this.page.locator("main h1").waitFor();
  }

  async shot(name) {
    if (!SHOTS) return;
    await mkdir(SHOTS, { recursive: true });
    await this.page.screenshot({ path: path.join(SHOTS, `${this.face.name}-${name}.png`), fullPage: true });
  }

  /** Nothing is wider than the screen. */
  async fits(name) {
    const over = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(over, 0, `${name} is wider than a ${this.face.name} screen by ${over}`);
  }

  async end() {
    await this.context.close();
    assert.deepEqual(this.wrong, []);
    assert.deepEqual([...this.asked].filter((it) => it !== new URL(this.url).origin && it !== "null"), []);
  }
}
