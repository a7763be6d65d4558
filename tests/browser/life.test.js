// An order's whole life with four browsers open at once, each of which sees the others' steps without
// being touched; and a rider without a net.

import assert from "node:assert/strict";
import { DESK, PHONE, eventually, house, mark, openHouse, shopper, stayed, story, text } from "./support/shopper.js";
import { saysNo } from "./support/pages.js";
import { CASH, MILK, SPAGHETTI, order } from "./support/orders.js";
import { button, onlyRider, signIn, takeOverByHand } from "./support/staff.js";

openHouse();

/** What a step may take to stand on everybody else's page. */
const SOON = 2000;
const LINES = [[MILK, 12], [SPAGHETTI, 6]];

const heading = (page) => text(page.locator("#state"));
const sees = (page, words) => eventually(async () => assert.ok((await text(page.locator("main"))).includes(words), `“${words}” is seen`), SOON);
const seesNo = (page, words) => eventually(async () => assert.ok(!(await text(page.locator("main"))).includes(words), `“${words}” is seen no more`), SOON);
const reads = (page, pattern) => eventually(async () => assert.match(await heading(page), pattern), SOON);

/** A person with a browser of their own. */
const somebody = async (t, options, email) => {
  const context = await shopper(options);
  t.after(() => context.close());
  const page = await context.newPage();
  if (email) await signIn(page, email);
  return { page, context };
};

const take = async (page, number) => {
  await button(page, `Take ${number}`).click();
  await page.getByText(`${number} is yours.`).waitFor();
};

/** Picks what lies in front of them, as ordered, and packs it. */
const pickAll = async (page) => {
  for (let n = 0; n < LINES.length; n++) {
    await button(page, /^Picked \d+$/).click();
    await page.getByText(`${n + 1} of ${LINES.length} lines done`).first().waitFor();
  }
  await button(page, "Packed").click();
  await page.getByText("that is what the customer pays").waitFor();
};

const handOver = async (page, customer) => {
  const code = (await text(customer.locator(".door-code b"))).match(/\d{4}/)[0];
  await page.locator("#code").fill(code);
  await button(page, "Delivered").click();
};

/** The pages are the ones they were: nothing was loaded again. */
const wasNotTouched = async (...pages) => {
  for (const page of pages) assert.ok(await stayed(page), `${page.url()} was loaded again`);
};

story("four browsers are open at once, and each sees the others' steps", async (page, { context, t }) => {
  await saysNo(context);
  await takeOverByHand(context);
  onlyRider("rider@demo.test");
  const picker = await somebody(t, { viewport: PHONE }, "warehouse@demo.test");
  const dispatcher = await somebody(t, { viewport: DESK }, "dispatch@demo.test");
  const rider = await somebody(t, { viewport: PHONE }, "rider@demo.test");
  const { context: queueContext } = picker;
  const packed = await queueContext.newPage();
  await packed.goto("/warehouse?show=packed");
  for (const open of [picker.page, dispatcher.page, rider.page, packed]) await mark(open);

  const { page: path } = await order(context, CASH, LINES);
  const number = path.split("/").at(-1);
  await sees(picker.page, number);
  await page.goto(path);
  await eventually(async () => assert.match(await text(page.locator(".fresh")), /^Live/));
  await mark(page);

  await wasNotTouched(picker.page);
  await take(picker.page, number);
  await reads(page, /^We are picking your order/);

  await pickAll(picker.page);
  await Promise.all([reads(page, /^Tomasz brings your order/), sees(dispatcher.page, number), sees(rider.page, number), sees(packed, number)]);
  await wasNotTouched(page, dispatcher.page, rider.page, packed);

  await rider.page.getByRole("link", { name: new RegExp(number) }).click();
  await button(rider.page, "On the way").click();
  await rider.page.locator("[data-live=state]", { hasText: "On the way" }).waitFor();
  await Promise.all([reads(page, /^On the way, with you/), sees(dispatcher.page, "The rider has left with it"), seesNo(packed, number)]);

  await button(rider.page, "I’m here").click();
  await button(rider.page, "I’m here").waitFor({ state: "detached" });
  await sees(page, "Tomasz is at the door");

  await handOver(rider.page, page);
  await rider.page.waitForURL("**/rider");
  await Promise.all([reads(page, /^Delivered/), seesNo(dispatcher.page, number)]);
  await wasNotTouched(page, dispatcher.page, packed);
  for (const { context: other } of [picker, dispatcher, rider]) assert.deepEqual(other.complaints, [], "a browser complained");
});

story("a rider without a net goes on, and the history is the right one when it is back", async (page, { context, t }) => {
  await saysNo(context);
  await takeOverByHand(context);
  onlyRider("rider@demo.test");
  const { page: path } = await order(context, CASH, LINES);
  const number = path.split("/").at(-1);
  const picker = await somebody(t, { viewport: PHONE }, "warehouse@demo.test");
  await take(picker.page, number);
  await pickAll(picker.page);
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
