// The page of an order in every state: what it says first, that nothing is lost, that it turns by
// itself, and that it needs no scripts.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { faults } from "./support/axe.js";
import { DESK, PHONE, eventually, house, mark, openHouse, shopper, stayed, story, text } from "./support/shopper.js";
import { said, saysNo } from "./support/pages.js";
import { CARDS, CASH, PAYPAL, gatewayMood, letterLink, order } from "./support/orders.js";

openHouse();

const LINES = [["BB-FBR-008", 2], ["DE-BUT-002", 2], ["DE-CHE-001", 1], ["PP-RIC-011", 2], ["HC-PAP-006", 2]];
const ASKED = { ...CARDS.visa, method: "pm_card_threeDSecure2Required", last4: "3220" };

const places = async (context, paying) => {
  await saysNo(context);
  return order(context, paying, LINES);
};
const picture = (page, name) => (process.env.SHOTS ? page.screenshot({ path: `${process.env.SHOTS}/${name}.png`, fullPage: true }) : null);
const heading = (page) => text(page.locator("#state"));
const findsNothing = async (page, where) => assert.deepEqual(await faults(page, { exclude: "iframe" }), [], where);
const fitsItsWidth = async (page, where) => {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${where} is ${over} px too wide`);
};
const payButton = (page) => page.getByRole("button", { name: /^Pay €/ });
const typeAnotherCard = async (page, number) => {
  await page.getByLabel("Another card").check();
  const frame = page.frameLocator("[data-card-frame]");
  await frame.getByLabel("Card number").fill(number);
  await frame.getByLabel("Expiry").fill("12 / 34");
  await frame.getByLabel("Security code").fill("123");
};
const payWithAnotherCard = async (page) => {
  await typeAnotherCard(page, "4242 4242 4242 4242");
  await payButton(page).click();
  await eventually(async () => assert.match(await heading(page), /^Order confirmed/), 15000);
};
/** Both widths, both schemes: no complaint of axe, nothing too wide. */
const standsEverywhere = async (page, where) => {
  for (const [viewport, colorScheme] of [[PHONE, "light"], [DESK, "dark"], [{ width: 320, height: 640 }, "light"]]) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await findsNothing(page, `${where} at ${viewport.width}, ${colorScheme}`);
    await fitsItsWidth(page, `${where} at ${viewport.width}`);
  }
};

story("a confirmed order says when, how much and what happens next", async (page, { context }) => {
  const { page: path } = await places(context, CARDS.visa);
  await page.goto(path);
  assert.match(await heading(page), /^Order confirmed\. We come \w{3} \d+ \w{3}, \d\d:\d\d–\d\d:\d\d$/);
  assert.match(await text(page.locator(".status")), /Reserved up to €\d+\.\d\d on Visa ending 4242, charged after packing\./);
  await standsEverywhere(page, "a confirmed order");
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 800 });
    const lines = await page.locator("#state .big > span").evaluateAll((parts) => parts.map((part) => Math.round(part.getBoundingClientRect().height / parseFloat(getComputedStyle(part).lineHeight))));
    assert.deepEqual(lines, [1, 1], `day and time are a line each at ${width}`);
  }
  for (const rest of ["/receipt", "/cancellation"]) {
    await page.goto(path + rest);
    await standsEverywhere(page, rest);
  }
  await page.goto("/orders");
  await standsEverywhere(page, "the list");
  await page.goto("/track");
  await standsEverywhere(page, "the look-up");
});

/** The bank lets go of what it reserved, as it may at any time. */
const reservationIsLetGo = async (context, path) => {
  const kept = (name) => readFileSync(join(house.shop.folder, "data/sandbox", name), "utf8").split("\n")[0];
  const number = path.split("/").at(-1);
  const intent = house.shop.sql(`SELECT a.intent FROM payment_attempts a JOIN orders o ON o.id = a.order_id WHERE o.number = '${number}'`);
  const answer = await context.request.post(`${kept("address")}/v1/payment_intents/${intent}/cancel`, { headers: { authorization: `Bearer ${kept("keys")}` } });
  assert.equal(answer.status(), 200, await answer.text());
};

story("a reservation that has gone is said on the page, in the list and in a letter, and paid anew in place", { viewport: PHONE }, async (page, { context }) => {
  const { page: path } = await places(context, CARDS.visa);
  await page.goto(path);
  assert.match(await heading(page), /^Order confirmed/);
  await reservationIsLetGo(context, path);
  await eventually(async () => assert.equal(await heading(page), "The reservation on your card has ended"), 15000);
  assert.match(await text(page.locator(".status")), /nothing has been charged\..*stays confirmed: your things, and .*, are kept for you/);
  // Somebody who is about to pay anew is not written to at once.
  await eventually(async () => assert.ok(await letterLink(context, "Pay anew: order")), 60000);
  assert.match(await text(page.locator("main")), /What was reserved on Visa ending 4242 has been let go\..*Let go, never charged −?€\d+\.\d\d/);
  await standsEverywhere(page, "an order to pay anew");
  await page.setViewportSize(PHONE);
  await picture(page, "anew");
  await page.goto("/orders");
  await findsNothing(page, "the list with an order to pay anew");
  assert.match(await text(page.locator("main")), /pay/i);
  await picture(page, "anew-list");
  await page.goto(path);
  await payWithAnotherCard(page);
  assert.match(await text(page.locator(".status")), /Reserved up to €\d+\.\d\d on Visa ending 4242/);
  await findsNothing(page, "an order that was paid anew");
});

story("a declined card says why, and another one pays in place with nothing lost", async (page, { context }) => {
  const { page: path } = await places(context, CARDS.declined);
  await page.goto(path);
  assert.equal(await heading(page), "There is not enough money on this card");
  assert.match(await text(page.locator(".status")), /You have not been charged\. Your things, and .*, are kept for you until \d\d:\d\d/);
  await standsEverywhere(page, "a declined card");
  await page.setViewportSize(DESK);
  assert.match(await page.title(), /^Error: There is not enough money on this card/);
  await mark(page);
  // Declined once more, in place: what was typed is still there, with the words at it.
  await typeAnotherCard(page, "4000 0000 0000 0002");
  await payButton(page).click();
  await eventually(async () => assert.equal(await heading(page), "Your bank declined this card"), 15000);
  assert.equal(await page.frameLocator("[data-card-frame]").getByLabel("Card number").inputValue(), "4000 0000 0000 0002");
  assert.equal(await text(page.locator("#card-wrong")), "Visa ending 0002: Your bank declined this card.");
  assert.match(await page.title(), /^Error: Your bank declined this card/);
  assert.equal(await page.evaluate(() => document.activeElement.matches(".status")), true, "the answer is where one goes on");
  await page.getByRole("link", { name: "Choose how to pay" }).click();
  assert.equal(await page.evaluate(() => document.activeElement.id), "ways");
  await findsNothing(page, "declined in place");
  await payWithAnotherCard(page);
  assert.ok(await stayed(page), "the page was loaded again");
  // The stream may have told it before the answer to the press is here.
  await eventually(async () => assert.equal(await page.evaluate(() => document.activeElement.id), "state"));
  assert.match(await text(page.locator(".status")), /Visa ending 4242/);
});

story("without scripts a declined order is paid at the door, and cancelled", { scripts: false, viewport: PHONE }, async (page, { context }) => {
  const { page: path } = await places(context, CARDS.declined);
  await page.goto(path);
  await page.getByLabel("Cash at the door").check();
  await page.getByRole("button", { name: /^Pay €/ }).click();
  assert.match(await heading(page), /^Order confirmed/);
  await page.getByRole("link", { name: "Cancel this order" }).click();
  assert.match(await text(page.locator("main")), /You have not paid anything, so nothing has to go back\./);
  await page.getByRole("button", { name: "Cancel this order" }).click();
  assert.equal(await heading(page), "You cancelled this order");
  await page.getByRole("button", { name: "Put everything back in my basket" }).click();
  assert.equal(await heading(page), "All 9 items are in your basket");
  await fitsItsWidth(page, "what was put back");
});

story("a silent gateway shows the order's page, which turns by itself and takes a card in place", async (page, { context }) => {
  await gatewayMood(context, { silent_percent: "100", silent_seconds: "30", next_calls: "2" });
  const { page: path } = await places(context, CARDS.visa);
  await page.goto(path);
  assert.equal(await heading(page), "We are checking your payment");
  assert.match(await text(page.locator("main")), /You cannot be charged twice\./);
  await eventually(async () => assert.match(await text(page.locator(".fresh")), /^Live, as of/));
  await mark(page);
  await findsNothing(page, "a payment that is not known");
  await eventually(async () => assert.equal(await heading(page), "The payment service could not be reached"), 90000);
  assert.ok(await stayed(page), "the page was loaded again");
  assert.match(await said(page).textContent(), /^The payment service could not be reached\. You have not been charged\./);
  assert.match(await page.title(), /^Error: The payment service could not be reached/);
  // The gateway is well again, also where it had not yet been silent as often as it was told to.
  await gatewayMood(context);
  // The card's frame that came with the news works as one that was there from the start.
  await payWithAnotherCard(page);
});

// The sandbox's own page brings no icon: 404.
story("a payment left at the bank can be approved from the order's page", { expected: [404] }, async (page, { context }) => {
  const { page: path } = await places(context, ASKED);
  await page.goto(path);
  assert.equal(await heading(page), "Your payment waits for your approval");
  await standsEverywhere(page, "a payment that waits");
  await page.setViewportSize(DESK);
  await page.getByRole("link", { name: /^Approve €/ }).click();
  await page.waitForURL("**/sandbox/approve/**");
  await page.getByRole("button", { name: /approve/i }).first().click();
  await page.waitForURL(`**${path}`);
  await eventually(async () => assert.match(await heading(page), /^Order confirmed/), 15000);
});

story("money that was charged at once goes back when the order is cancelled", { expected: [404] }, async (page, { context }) => {
  const { page: path, led } = await places(context, PAYPAL);
  await page.goto(led);
  await page.getByRole("button", { name: /approve/i }).first().click();
  await page.waitForURL(`**${path}`);
  await eventually(async () => assert.match(await heading(page), /^Order confirmed/), 15000);
  assert.match(await text(page.locator(".status")), /€\d+\.\d\d paid with PayPal/);
  await page.goto(`${path}/cancellation`);
  assert.match(await text(page.locator("main")), /€\d+\.\d\d goes back to PayPal, usually within 3 days\./);
  await page.getByRole("button", { name: "Cancel this order" }).click();
  await eventually(async () => assert.match(await text(page.locator("main")), /went back to PayPal/), 15000);
  await standsEverywhere(page, "a cancelled order");
});

story("another window hears at once what was done in this one", async (page, { context }) => {
  const { page: path } = await places(context, CASH);
  const other = await context.newPage();
  await other.goto(path);
  await eventually(async () => assert.match(await text(other.locator(".fresh")), /^Live/));
  await mark(other);
  await page.goto(`${path}/cancellation`);
  await page.getByRole("button", { name: "Cancel this order" }).click();
  await eventually(async () => assert.equal(await heading(other), "You cancelled this order"), 3000);
  assert.ok(await stayed(other), "the page was loaded again");
});

story("the list of orders hears within two seconds what was done to one of them", async (page, { context }) => {
  const { page: path } = await places(context, CASH);
  const list = await context.newPage();
  await list.goto("/orders");
  await eventually(async () => assert.match(await text(list.locator(".fresh")), /^Live/));
  await mark(list);
  await page.goto(`${path}/cancellation`);
  await page.getByRole("button", { name: "Cancel this order" }).click();
  const card = list.locator("article", { hasText: path.split("/").pop() });
  await eventually(async () => assert.match(await text(card), /Cancelled/), 2000);
  assert.ok(await stayed(list), "the list was loaded again");
  // Signed out or cleared elsewhere: what may no longer be seen does not stay on the screen.
  await context.clearCookies();
  await list.evaluate(() => document.querySelector("[data-look]").click());
  await eventually(async () => assert.match(await text(list.locator("main")), /No orders in this browser yet/));
});

story("the link of the letter opens the order in another browser, and shows less", async (page, { context }) => {
  const { page: path } = await places(context, CASH);
  const number = path.split("/").pop();
  let letter;
  await eventually(async () => {
    await page.goto("/sandbox/mail");
    letter = page.getByRole("link", { name: new RegExp(`Order ${number} confirmed`) }).first();
    assert.equal(await letter.count(), 1);
  }, 15000);
  const html = await (await context.request.get(`${house.shop.address}${await letter.getAttribute("href")}`)).text();
  const link = html.match(/\/orders\/[0-9A-Z-]{9}\?key=[\w-]+/)?.[0];
  assert.ok(link, "the letter holds a link");
  const elsewhere = await shopper({ viewport: PHONE });
  const there = await elsewhere.newPage();
  await there.goto(link);
  assert.ok(!there.url().includes("key="), there.url());
  assert.match(await heading(there), /^Order confirmed/);
  assert.ok(!(await there.content()).includes("Leinster Road"));
  await elsewhere.close();
});

story("a stranger finds no such order", { expected: [404] }, async (page, { context }) => {
  const { page: path } = await places(context, CASH);
  const stranger = await shopper({ expected: [404] });
  const there = await stranger.newPage();
  const response = await there.goto(path);
  assert.equal(response.status(), 404);
  assert.match(await there.locator("h1").innerText(), /There is nothing at this address/);
  await stranger.close();
});
