// What somebody is typing or has chosen on an order's page outlives every piece of news about the order.

import assert from "node:assert/strict";
import { PHONE, eventually, house, mark, openHouse, stayed, story, text } from "./support/shopper.js";
import { saysNo } from "./support/pages.js";
import { CARDS, CASH, MILK, SPAGHETTI, order } from "./support/orders.js";
import { bothRiders, pickAll, somebody, take, takeOverByHand } from "./support/staff.js";

openHouse();

const LINES = [["BB-FBR-008", 2], ["DE-BUT-002", 2], ["DE-CHE-001", 1], ["PP-RIC-011", 2], ["HC-PAP-006", 2]];
/** Nothing of it is weighed. */
const COUNTED = [[MILK, 12], [SPAGHETTI, 6]];
const PASSWORD = "three green apples";

const heading = (page) => text(page.locator("#state"));
const version = (page) => page.locator("[data-live=order-fresh]").getAttribute("data-version");
const isLive = (page) => eventually(async () => assert.match(await text(page.locator(".fresh")), /^Live/), 15000);
const places = async (context, paying, lines = LINES) => {
  await saysNo(context);
  return (await order(context, paying, lines)).page;
};
const post = (context, path, form) => context.request.post(`${house.shop.address}${path}`, { form, headers: { origin: house.shop.address, referer: house.shop.address } });
/** Does something to the order elsewhere, and waits until the open page shows it. */
const hears = async (page, act) => {
  const before = await version(page);
  await act();
  await eventually(async () => assert.notEqual(await version(page), before, "the page has not heard"), 15000);
};
const card = (page) => page.frameLocator("[data-card-frame]");

story("a password that is being typed outlives what happens to the order", async (page, { context }) => {
  const path = await places(context, CASH);
  await page.goto(path);
  await isLive(page);
  await mark(page);
  const field = page.locator("#password");
  await field.pressSequentially(PASSWORD.slice(0, 6));
  for (const [note, rest] of [["ring twice", PASSWORD.slice(6, 12)], ["ring once", PASSWORD.slice(12)]]) {
    await hears(page, () => post(context, `${path}/instructions`, { phone: "086 123 4567", note, leave_at: "", gate_code: "" }));
    assert.equal(await page.evaluate(() => document.activeElement.id), "password", "the field is still where one types");
    await page.keyboard.type(rest);
  }
  assert.equal(await field.inputValue(), PASSWORD);
  assert.ok(await stayed(page), "the page was loaded again");
});

story("the account is offered until the order is delivered, and taken as long", async (page, { context, t }) => {
  await takeOverByHand(context);
  bothRiders();
  const picker = await somebody(t, { viewport: PHONE }, "warehouse@demo.test");
  const path = await places(context, CASH, COUNTED);
  await page.goto(path);
  await isLive(page);
  await page.locator("#password").fill(PASSWORD);
  const number = path.split("/").at(-1);
  await eventually(async () => assert.ok((await text(picker.page.locator("main"))).includes(number)), 15000);
  await take(picker.page, number);
  await eventually(async () => assert.match(await heading(page), /^We are picking your order/), 15000);
  assert.equal(await page.locator("#password").inputValue(), PASSWORD, "typed before it was picked");
  await pickAll(picker.page, COUNTED.length);
  await eventually(async () => assert.match(await heading(page), /brings your order/), 15000);
  assert.equal(await page.locator("#password").inputValue(), PASSWORD, "typed before somebody brought it");
  await page.reload();
  await page.locator("#password").fill(PASSWORD);
  await page.getByRole("button", { name: "Make an account" }).click();
  await page.getByText("Look into your mail: one press in the letter we sent you").waitFor();
});

story("a card that is being typed and the way that is chosen outlive what happens to the order", async (page, { context }) => {
  const path = await places(context, CARDS.declined);
  await page.goto(path);
  await isLive(page);
  await mark(page);
  await page.getByLabel("Another card").check();
  await card(page).getByLabel("Card number").fill("4242 4242 4242 4242");
  await card(page).getByLabel("Expiry").fill("12 / 34");
  const declinedElsewhere = () => hears(page, () => post(context, `${path}/payments`, CARDS.declined));
  await declinedElsewhere();
  assert.equal(await card(page).getByLabel("Card number").inputValue(), "4242 4242 4242 4242");
  assert.ok(await page.getByLabel("Another card").isChecked());
  await page.getByLabel("Cash at the door").check();
  await declinedElsewhere();
  assert.ok(await page.getByLabel("Cash at the door").isChecked(), "the choice goes back to a card");
  await page.getByLabel("Another card").check();
  assert.equal(await card(page).getByLabel("Card number").inputValue(), "4242 4242 4242 4242");
  assert.ok(await stayed(page), "the page was loaded again");
});

story("a form that is not needed any more says so where somebody was typing", async (page, { context }) => {
  const path = await places(context, CARDS.declined);
  await page.goto(path);
  await isLive(page);
  await page.getByLabel("Another card").check();
  await card(page).getByLabel("Card number").fill("4242");
  await hears(page, () => post(context, `${path}/payments`, CASH));
  await eventually(async () => assert.match(await heading(page), /^Order confirmed/), 15000);
  await page.getByText("There is nothing to pay here any more, as the top of this page says. What you typed here was not sent.").waitFor();
  assert.equal(await page.locator("#pay-again").count(), 0);
});
