// An order is left at its door, and a picture shows where: taken without a net, kept by the phone, seen by
// its customer.

import assert from "node:assert/strict";
import axe from "axe-core";
import { DESK, PHONE, eventually, house, openHouse, story, text } from "./support/shopper.js";
import { saysNo } from "./support/pages.js";
import { CASH, MILK, SPAGHETTI, order } from "./support/orders.js";
import { button, onlyRider, pickAll, somebody, take, takeOverByHand } from "./support/staff.js";

openHouse();

const LINES = [[MILK, 12], [SPAGHETTI, 6]];
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const NARROW = { width: 320, height: 640 };
const LONG = 30_000;

const reads = (page, pattern) => eventually(async () => assert.match(await text(page.locator("#state")), pattern), LONG);

const complaints = (page, rules) => page.evaluate(async (runOnly) => {
  const { violations } = await window.axe.run(document, { runOnly, resultTypes: ["violations"] });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => `${n.target} ${n.html.slice(0, 120)}`).join(" | ")}`);
}, rules);

/** Axe in both schemes at two widths, and no wider than a screen of 320 px; in a window as high as the page nothing lies under its bars. */
const look = async (page, where) => {
  await page.evaluate(axe.source);
  for (const [{ width, height }, schemes] of [[NARROW, ["light", "dark"]], [DESK, ["dark", "light"]]]) {
    await page.setViewportSize({ width, height: Math.max(height, await page.evaluate(() => document.documentElement.scrollHeight)) });
    for (const [i, colorScheme] of schemes.entries()) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await complaints(page, i === 0 ? RULES : ["color-contrast"]), [], `${where}, ${colorScheme}, ${width} px`);
    }
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 0, `${where} is ${over} px too wide at ${width}`);
  }
  assert.equal(await page.locator("h1").count(), 1, `${where}: one main heading`);
};

/** A rider in front of a stop that they are on the way to; `options` of their browser. */
const riderAtAStop = async (context, t, options) => {
  await saysNo(context);
  await takeOverByHand(context);
  onlyRider("rider@demo.test");
  const { page: path } = await order(context, CASH, LINES);
  const number = path.split("/").at(-1);
  const picker = await somebody(t, { viewport: PHONE }, "warehouse@demo.test");
  await take(picker.page, number);
  await pickAll(picker.page, LINES.length);
  const rider = await somebody(t, { viewport: PHONE, ...options }, "rider@demo.test");
  await eventually(async () => {
    await rider.page.goto("/rider");
    assert.ok((await rider.page.getByRole("link", { name: new RegExp(number) }).count()) > 0, "it is in the run");
  }, LONG);
  await rider.page.getByRole("link", { name: new RegExp(number) }).click();
  await button(rider.page, "On the way").click();
  await rider.page.locator("[data-live=state]", { hasText: "On the way" }).waitFor();
  return { path, number, rider };
};

/** A real JPEG: what a page looks like. */
const photograph = async (page) => ({ name: "door.jpg", mimeType: "image/jpeg", buffer: await page.screenshot({ type: "jpeg", quality: 90 }) });

const chooses = (page) => page.getByRole("radio", { name: /with a picture/ }).check();
const preview = (page) => page.locator("[data-shot-preview]");

/** The picture on an order's page has come and can be seen. */
const isSeen = (page) => eventually(async () => {
  const width = await page.locator(".left-there img").evaluate((picture) => (picture.complete ? picture.naturalWidth : 0));
  assert.ok(width > 100, `${width} points wide`);
}, LONG);

story("a picture taken without a net is kept by the phone and shown to the customer", async (page, { context, t }) => {
  const { path, number, rider } = await riderAtAStop(context, t, { expected: ["offline"] });
  await page.goto(path);
  const file = await photograph(page);
  await chooses(rider.page);
  await button(rider.page, "Delivered").click();
  await rider.page.getByText("Take the picture first.").waitFor();
  await rider.page.locator("#picture").setInputFiles({ name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") });
  await rider.page.getByText("This picture cannot be read.").waitFor();

  await rider.page.locator("#picture").setInputFiles(file);
  await preview(rider.page).waitFor();
  await rider.page.getByText("Take again").waitFor();
  await look(rider.page, "a stop with its picture");
  await rider.page.setViewportSize(PHONE);
  await rider.page.reload();
  await chooses(rider.page);
  await preview(rider.page).waitFor();

  await rider.context.setOffline(true);
  await button(rider.page, "Delivered").click();
  await rider.page.locator("[data-waiting-words]", { hasText: "1 step waits on this phone" }).waitFor();
  await rider.page.reload().catch(() => {});
  assert.match(await text(page.locator("#state")), /^On the way/, "nobody knows of it yet");
  await rider.context.setOffline(false);
  await rider.page.goto("/rider");
  await reads(page, /^Delivered/);
  await rider.page.locator("[data-waiting]").waitFor({ state: "hidden" });
  await page.getByText("Left at the door, with a picture.").first().waitFor();
  await isSeen(page);
  await look(page, "an order left at the door");
  const kept = await rider.page.evaluate(() => new Promise((resolve) => {
    const asked = indexedDB.open("rider", 1);
    asked.onsuccess = () => { const count = asked.result.transaction("pictures").objectStore("pictures").count(); count.onsuccess = () => resolve(count.result); };
  }));
  assert.equal(kept, 0, "the phone keeps none of it");
  assert.equal(house.shop.sql(`SELECT count(*) FROM drop_photos p JOIN drops d ON d.id = p.drop_id JOIN orders o ON o.id = d.order_id WHERE o.number = '${number}' AND p.width <= 1280`), "1");

  const board = await somebody(t, { viewport: DESK }, "dispatch@demo.test");
  await board.page.goto("/dispatch/pictures");
  await board.page.getByRole("link", { name: new RegExp(number) }).waitFor();
  await look(board.page, "what was left at doors");
  for (const { context: other } of [rider, board]) assert.deepEqual(other.complaints, [], "a browser complained");
});

story("without scripts the form brings the picture, and one that is too large comes back with words", async (page, { context, t }) => {
  const { path, rider } = await riderAtAStop(context, t, { scripts: false });
  await page.goto(path);
  const file = await photograph(page);
  await chooses(rider.page);
  await rider.page.locator("#picture").setInputFiles({ ...file, buffer: Buffer.concat([file.buffer, Buffer.alloc(9 * 1024 * 1024)]) });
  await button(rider.page, "Delivered").click();
  await rider.page.getByText("This picture is larger than 8 MB. Nothing is lost").waitFor({ timeout: LONG });
  await chooses(rider.page);
  await rider.page.locator("#picture").setInputFiles(file);
  await button(rider.page, "Delivered").click();
  await rider.page.getByText("Delivered. Thank you.").waitFor({ timeout: LONG });
  await reads(page, /^Delivered/);
  await isSeen(page);
});
