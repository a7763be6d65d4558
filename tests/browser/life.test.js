// An order's whole life with five browsers open at once (shopper, picker, dispatcher, two riders), each of which sees the others' steps without
// being touched.

import assert from "node:assert/strict";
import { DESK, PHONE, eventually, mark, openHouse, stayed, story, text } from "./support/shopper.js";
import { saysNo } from "./support/pages.js";
import { CASH, MILK, SPAGHETTI, order } from "./support/orders.js";
import { bothRiders, button, handOver, pickAll, somebody, take, takeOverByHand } from "./support/staff.js";

openHouse();

/** What a step may take to stand on everybody else's page. */
const SOON = 2000;
const LINES = [[MILK, 12], [SPAGHETTI, 6]];

const heading = (page) => text(page.locator("#state"));
const sees = (page, words) => eventually(async () => assert.ok((await text(page.locator("main"))).includes(words), `“${words}” is seen`), SOON);
const seesNo = (page, words) => eventually(async () => assert.ok(!(await text(page.locator("main"))).includes(words), `“${words}” is seen no more`), SOON);
const reads = (page, pattern) => eventually(async () => assert.match(await heading(page), pattern), SOON);

/** The pages are the ones they were: nothing was loaded again. */
const wasNotTouched = async (...pages) => {
  for (const page of pages) assert.ok(await stayed(page), `${page.url()} was loaded again`);
};

/** Gives a drop to a rider, as a dispatcher does; their page is loaded anew by it. */
const give = async ({ page }, number, name) => {
  const row = page.locator("tr", { hasText: number });
  const rider = row.getByLabel(`Rider for ${number}`);
  // While somebody chooses the board keeps still.
  await rider.focus();
  await rider.selectOption({ value: await rider.locator("option", { hasText: name }).getAttribute("value") });
  await row.getByRole("button", { name: `Give ${number} to this rider` }).click();
};

story("browsers of all sides are open at once, and each sees the others' steps, the dispatcher's too", async (page, { context, t }) => {
  await saysNo(context);
  await takeOverByHand(context);
  bothRiders();
  const picker = await somebody(t, { viewport: PHONE }, "warehouse@demo.test");
  const dispatcher = await somebody(t, { viewport: DESK }, "dispatch@demo.test");
  const riders = { Tomasz: await somebody(t, { viewport: PHONE }, "rider@demo.test"), Aisling: await somebody(t, { viewport: PHONE }, "rider2@demo.test") };
  const { context: queueContext } = picker;
  const packed = await queueContext.newPage();
  await packed.goto("/warehouse?show=packed");
  for (const open of [picker.page, dispatcher.page, riders.Tomasz.page, riders.Aisling.page, packed]) await mark(open);

  const { page: path } = await order(context, CASH, LINES);
  const number = path.split("/").at(-1);
  await sees(picker.page, number);
  await page.goto(path);
  await eventually(async () => assert.match(await text(page.locator(".fresh")), /^Live/));
  await mark(page);

  await wasNotTouched(picker.page);
  await take(picker.page, number);
  await reads(page, /^We are picking your order/);

  await pickAll(picker.page, LINES.length);
  await Promise.all([reads(page, /^(Tomasz|Aisling) brings your order/), sees(dispatcher.page, number), sees(packed, number)]);
  const found = (await heading(page)).split(" ")[0];
  const name = found === "Tomasz" ? "Aisling" : "Tomasz";
  const [before, rider] = [riders[found], riders[name]];
  await sees(before.page, number);
  await wasNotTouched(page, dispatcher.page, before.page, packed);

  await give(dispatcher, number, name);
  await Promise.all([reads(page, new RegExp(`^${name} brings your order`)), sees(rider.page, number), seesNo(before.page, number), sees(dispatcher.page, `${name}, stop 1`)]);
  await wasNotTouched(page, rider.page, before.page, packed);
  await mark(dispatcher.page);

  await rider.page.getByRole("link", { name: new RegExp(number) }).click();
  await button(rider.page, "On the way").click();
  await rider.page.locator("[data-live=state]", { hasText: "On the way" }).waitFor();
  await Promise.all([reads(page, /^On the way, with you/), sees(dispatcher.page, "The rider has left with it"), seesNo(packed, number)]);

  await button(rider.page, "I’m here").click();
  await button(rider.page, "I’m here").waitFor({ state: "detached" });
  await sees(page, `${name} is at the door`);

  await handOver(rider.page, page);
  await rider.page.waitForURL("**/rider");
  await Promise.all([reads(page, /^Delivered/), seesNo(dispatcher.page, number)]);
  await wasNotTouched(page, dispatcher.page, packed);
  for (const { context: other } of [picker, dispatcher, rider, before]) assert.deepEqual(other.complaints, [], "a browser complained");
});
