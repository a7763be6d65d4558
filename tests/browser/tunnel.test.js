// A rider whose phone has no net: what is pressed waits there, and makes the right history when it is sent.

import assert from "node:assert/strict";
import { PHONE, eventually, house, openHouse, story, text } from "./support/shopper.js";
import { saysNo } from "./support/pages.js";
import { CASH, MILK, SPAGHETTI, order } from "./support/orders.js";
import { button, handOver, onlyRider, pickAll, somebody, take, takeOverByHand } from "./support/staff.js";

openHouse();

const LINES = [[MILK, 12], [SPAGHETTI, 6]];

const heading = (page) => text(page.locator("#state"));
const reads = (page, pattern) => eventually(async () => assert.match(await heading(page), pattern));

story("a rider without a net goes on, and the history is the right one when it is back", async (page, { context, t }) => {
  await saysNo(context);
  await takeOverByHand(context);
  onlyRider("rider@demo.test");
  const { page: path } = await order(context, CASH, LINES);
  const number = path.split("/").at(-1);
  const picker = await somebody(t, { viewport: PHONE }, "warehouse@demo.test");
  await take(picker.page, number);
  await pickAll(picker.page, LINES.length);
  await page.goto(path);
  await reads(page, /^Tomasz brings your order/);

  const rider = await somebody(t, { viewport: PHONE }, "rider@demo.test");
  await rider.page.getByRole("link", { name: new RegExp(number) }).click();
  await button(rider.page, "On the way").waitFor();
  await rider.context.setOffline(true);
  for (const [step, name] of [[1, "On the way"], [2, "I’m here"]]) {
    await button(rider.page, name).click();
    await rider.page.locator("[data-waiting-words]", { hasText: `${step} step` }).waitFor();
    // The steps lie some time apart, as they do on a street.
    await new Promise((resolve) => setTimeout(resolve, 1100));
  }
  await handOver(rider.page, page);
  await rider.page.locator("[data-waiting-words]", { hasText: "3 steps wait on this phone" }).waitFor();
  assert.match(await heading(page), /^Tomasz brings your order/, "nobody knows of it yet");
  const back = Date.now();
  await rider.context.setOffline(false);
  await reads(page, /^Delivered/);
  await rider.page.locator("[data-waiting]").waitFor({ state: "hidden" });

  const facts = await (await context.request.get(`${house.shop.address}/api/v1${path}`)).json();
  const at = (words) => Date.parse(facts.events.find((event) => event.words.includes(words))?.at);
  const [left, there, delivered] = ["On the way.", "is at the door.", "Delivered."].map(at);
  assert.ok(left + 1000 < there && there + 1000 < delivered && delivered < back, `${left} ${there} ${delivered} ${back}: by the phone's own times`);
  assert.equal(house.shop.sql(`SELECT count(*) FROM rider_uploads u JOIN drops d ON d.id = u.drop_id JOIN orders o ON o.id = d.order_id WHERE o.number = '${number}' AND u.decision = 'applied'`), "3");
  assert.deepEqual(rider.context.complaints.filter((words) => !words.includes("ERR_INTERNET_DISCONNECTED")), []);
});
