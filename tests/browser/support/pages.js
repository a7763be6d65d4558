// What a shopper does on the pages of the shop.

import assert from "node:assert/strict";
import { eventually, house, text } from "./shopper.js";

export * from "./addresses.js";

export const pill = (page) => page.locator("[data-live=place]");
export const said = (page) => page.locator("#said");
export const notice = (page) => page.locator("[data-live=notice]");
export const basketLink = (page) => page.locator("[data-live=basket]");

/** Opens the pill in the header, types a place and sends it. */
export const sayPlace = async (page, place) => {
  await pill(page).locator("summary").click();
  await pill(page).getByRole("textbox").fill(place);
  await pill(page).locator("form.ask button").click();
};

export const pillShows = (page, ...words) =>
  eventually(async () => {
    const shown = await text(pill(page).locator("summary"));
    for (const word of words) assert.ok(shown.includes(word), `the header shows “${shown}”, not “${word}”`);
  });

/** The stepper of a product by the article number in its address, the first on the page. */
export const stepper = (scope, sku) => scope.locator(`[data-live^="step:"][action$="/${sku}"]`).first();
export const plus = (step) => step.locator("button").last();
export const minus = (step) => step.locator("button").first();
export const quantity = async (step) => ((await step.locator("output").count()) ? Number(await step.locator("output").innerText()) : 0);
export const holds = (step, n) => eventually(async () => assert.equal(await quantity(step), n, "quantity on the stepper"));
export const saidIs = (page, pattern) => eventually(async () => assert.match(await said(page).textContent(), pattern));
export const noticeIs = (page, pattern) => eventually(async () => assert.match(await text(notice(page)), pattern));

/** Puts products into the basket through the forms the shop itself sends. */
export const fillBasket = async (context, lines) => {
  for (const [sku, quantity] of lines) {
    const { address } = house.shop;
    const response = await context.request.post(`${address}/basket/lines/${sku}`, { form: { quantity: String(quantity) }, headers: { origin: address, referer: `${address}/basket` } });
    assert.ok(response.ok(), `filling the basket: ${response.status()} ${await response.text()}`);
  }
};
export const livesAt = async (context, place) => {
  const { address } = house.shop;
  const response = await context.request.post(`${address}/place`, { form: { place }, headers: { origin: address, referer: `${address}/basket` } });
  assert.ok(response.ok(), `saying the place: ${response.status()}`);
};
/** Answers the question about footsteps, so that it is out of the way. */
export const saysNo = async (context) => {
  const { address } = house.shop;
  await context.request.post(`${address}/privacy`, { form: { choice: "no" }, headers: { origin: address, referer: `${address}/help` } });
};

/** The wallets' own frame: its buttons beside each other, each on one line, with space around them. */
export const walletsStandInOneRow = async (page) => {
  const frame = page.frameLocator("[data-wallet-frame]");
  await frame.getByRole("button", { name: /Samsung Pay/ }).waitFor();
  const room = await frame.locator("html").evaluate(() => innerWidth);
  const buttons = await frame.locator("button").evaluateAll((all) => all.map((el) => {
    const { left, right, top, height } = el.getBoundingClientRect();
    return { left, right, top, height, cut: el.scrollWidth > el.clientWidth };
  }));
  assert.equal(buttons.length, 3);
  assert.equal(new Set(buttons.map(({ top }) => Math.round(top))).size, 1, "in one row");
  assert.ok(buttons.every(({ cut, height }) => !cut && height < 60), "each on one line");
  assert.ok(buttons[0].left >= 16 && buttons[2].right <= room - 16, `${buttons[0].left} and ${room - buttons[2].right}`);
  const badge = await frame.locator(".badge").evaluate((el) => el.getBoundingClientRect().top);
  assert.ok(badge >= 16, `the badge is ${badge} px from the edge`);
};
