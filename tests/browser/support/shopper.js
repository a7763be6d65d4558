// Somebody with a browser in front of the shop. A test fails on anything the browser
// complains about: script errors, refused content, missing files, foreign addresses.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { Shop } from "./shop.js";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const SHOTS = fileURLToPath(new URL("../shots/", import.meta.url));
const PATIENCE_MS = 10_000;

export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1280, height: 900 };

/** The shop and the browser of a test file; filled before its first test. */
export const house = { shop: null, browser: null };

/** To be called once in each test file. `settings` are variables of the shop besides the usual ones. */
export const openHouse = (settings) => {
  before(async () => {
    house.browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    house.shop = await Shop.open(settings);
  });
  after(async () => {
    await house.browser?.close();
    await house.shop?.close();
  });
};

/**
 * A browser of somebody's own: nothing remembered yet.
 * `scheme` light or dark; `scripts` false for none; `expected` statuses a test provokes, `"offline"` where it takes the net away;
 * `consent` answers the question about footsteps beforehand; `position` is where the phone is.
 */
export const shopper = async ({ viewport = DESK, scheme = "light", scripts = true, expected = [], position, storageState, touch = viewport.width < 600 } = {}) => {
  const context = await house.browser.newContext({
    baseURL: house.shop.address, viewport, colorScheme: scheme, javaScriptEnabled: scripts, hasTouch: touch, storageState,
    geolocation: position, permissions: position ? ["geolocation"] : [], reducedMotion: "reduce",
  });
  context.setDefaultTimeout(PATIENCE_MS);
  context.complaints = [];
  context.underWay = new Set();
  context.on("request", (request) => context.underWay.add(request));
  for (const end of ["requestfinished", "requestfailed"]) context.on(end, (request) => context.underWay.delete(request));
  context.on("page", (page) => listen(page, context.complaints, expected));
  return context;
};

const listen = (page, complaints, expected) => {
  // A stream that is open while the net goes breaks off, and the browser says so.
  const cut = (text) => expected.includes("offline") && text.includes("ERR_INTERNET_DISCONNECTED");
  const provoked = (text) => cut(text) || expected.some((status) => text.includes(`status of ${status}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !provoked(message.text())) complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`script: ${error.stack ?? error}`));
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== house.shop.address) complaints.push(`foreign address: ${request.url()}`);
  });
  page.on("requestfailed", (request) => {
    const why = request.failure()?.errorText ?? "";
    if (!why.includes("ERR_ABORTED") && !cut(why)) complaints.push(`failed: ${request.url()} ${why}`); // aborted: one has gone elsewhere
  });
  page.on("response", (response) => {
    if (response.status() >= 400 && !expected.includes(response.status())) complaints.push(`${response.status()}: ${response.url()}`);
  });
};

/** A test with a shopper of its own and one page, at the end of which nothing may be amiss. */
export const story = (name, options, tell) => {
  if (typeof options === "function") [options, tell] = [{}, options];
  test(name, async (t) => {
    const context = await shopper(options);
    try {
      const page = await context.newPage();
      await tell(page, { context, t });
      assert.deepEqual(context.complaints, [], "the browser complained");
    } catch (e) {
      await keepEvidence(name, context);
      throw e;
    } finally {
      await context.close();
    }
  });
};

const keepEvidence = async (name, context) => {
  await mkdir(SHOTS, { recursive: true });
  const file = `${SHOTS}${name.replace(/\W+/g, "-").slice(0, 80)}.png`;
  for (const page of context.pages()) await page.screenshot({ path: file }).catch(() => {});
  console.error(`--- ${name}\npicture: ${file}\ncomplaints: ${context.complaints.join("\n") || "none"}\nthe shop's log:\n${house.shop.lastWords()}\n---`);
};

/** Puts a mark on the document; `stayed` tells whether it is still the same one. */
export const mark = (page) => page.evaluate(() => { window.__same = true; });
export const stayed = (page) => page.evaluate(() => window.__same === true);

/** Retries an assertion until it holds or patience ends. */
export const eventually = async (check, patience = 5000) => {
  for (const end = Date.now() + patience; ; ) {
    try {
      return await check();
    } catch (e) {
      if (Date.now() > end) throw e;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
};

/** Waits until nothing has been asked of the shop for a moment. */
export const quiet = async (page) => {
  const end = Date.now() + 2 * PATIENCE_MS;
  const { underWay } = page.context();
  for (let calm = 0; calm < 3; calm++) {
    await new Promise((resolve) => setTimeout(resolve, 40));
    if (underWay.size > 0) calm = -1;
    assert.ok(Date.now() < end, `never answered: ${[...underWay].map((request) => request.url()).join(", ")}`);
  }
};

/** Presses at one spot without waiting for anything, as an impatient finger does. */
export const pressQuickly = async (page, locator, times) => {
  await locator.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await locator.boundingBox();
  for (let i = 0; i < times; i++) await page.mouse.click(x + width / 2, y + height / 2);
};

export const text = async (locator) => (await locator.innerText()).replace(/\s+/g, " ").trim();
