// What may come where something has run out: chosen for one thing by itself, in the hand, with and without
// scripts, and followed by the picker, also where only some of it is there.

import assert from "node:assert/strict";
import { faults } from "./support/axe.js";
import { PHONE, eventually, house, openHouse, story, text } from "./support/shopper.js";
import { fillBasket, livesAt, saysNo } from "./support/pages.js";
import { CASH, MILK, SPAGHETTI, order } from "./support/orders.js";
import { button, somebody, take, takeOverByHand } from "./support/staff.js";

openHouse();

const WHO = { name: "Aoife Byrne", email: "aoife.byrne@example.ie", phone: "087 555 0142", line: "14 Leinster Road", eircode: "D06 X4P7" };

/** So many of it stand there that nobody waits for. */
const free = (sku, units) => house.shop.sql(`UPDATE stock SET on_hand = held + ${units} WHERE product_id = (SELECT id FROM products WHERE sku = '${sku}')`);

const findsNothing = async (page, where) => {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await faults(page), [], `${where}, ${colorScheme}`);
  }
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${where} is ${over} px too wide`);
};

const orders = async (page, context, scripts) => {
  free(MILK, 500);
  free(SPAGHETTI, 8);
  await saysNo(context);
  await livesAt(context, "D06");
  await fillBasket(context, [[MILK, 12], [SPAGHETTI, 6]]);
  await page.goto("/checkout/delivery");
  // Little of a day may be left; the next one has all its times.
  const day = page.locator(".day").nth(1);
  await day.click();
  await eventually(async () => assert.equal(await day.getAttribute("aria-current"), "true"));
  const own = page.getByLabel("Organic Spaghetti");
  await own.waitFor();
  assert.equal(await page.locator("select[name^='swap.']").count(), 1, "there is plenty of milk");
  await own.selectOption("Leave it out");
  for (const [field, value] of Object.entries(WHO)) await page.locator(`#${field}`).fill(value);
  const times = page.locator("#window input[name=window]:enabled");
  await times.first().waitFor();
  await times.nth(1).check();
  if (scripts) await page.locator("[data-hold]").waitFor();
  // axe is a script too.
  if (scripts) await findsNothing(page, "the first step");
  await page.locator(".btn.main:visible").first().click();
  await page.waitForURL("**/checkout/payment");
  await page.goto("/checkout/delivery");
  assert.equal(await page.getByLabel("Organic Spaghetti").inputValue(), "leave_out", "it is kept");
  await page.goto("/checkout/payment");
  await page.locator("input[value=cash_at_door]").check();
  await page.locator(".btn.main:visible").first().click();
  await page.waitForURL("**/checkout/review");
  assert.match(await text(page.locator("main")), /Swap for something close, never dearer Organic Spaghetti: Leave it out/);
  await page.getByRole("button", { name: /Order, pay €\d+\.\d\d at the door/ }).filter({ visible: true }).first().click();
  await page.waitForURL("**/orders/*");
  assert.match(await text(page.locator("main")), /never dearer\. Organic Spaghetti: Leave it out/);
  return new URL(page.url()).pathname.split("/").at(-1);
};

for (const scripts of [true, false]) {
  story(`what may run out is chosen for by itself ${scripts ? "in the hand" : "without scripts"}, and the picker keeps to it`, { viewport: PHONE, scripts }, async (page, { context, t }) => {
    const kasia = await somebody(t, { viewport: PHONE }, "warehouse@demo.test");
    await takeOverByHand(kasia.context);
    const number = await orders(page, context, scripts);
    await kasia.page.goto(`/warehouse/orders/${number}`);
    await take(kasia.page, number);
    const position = house.shop.sql(`SELECT l.position FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.number = '${number}' AND l.sku = '${SPAGHETTI}'`);
    await kasia.page.goto(`/warehouse/orders/${number}?line=${position}`);
    await kasia.page.getByText("If short: leave it out, nothing else in its place").waitFor();
    await kasia.page.getByRole("link", { name: "Short" }).click();
    await kasia.page.getByText("The customer wants nothing else in its place.").waitFor();
    assert.equal(await kasia.page.locator("input[name=product]").count(), 0);
    await button(kasia.page, /^Leave it out/).click();
    await kasia.page.getByText("1 of 2 lines done").first().waitFor();
  });
}

story("nine of twelve are there, and something stands in for the rest", { viewport: PHONE }, async (page, { context, t }) => {
  const kasia = await somebody(t, { viewport: PHONE }, "warehouse@demo.test");
  await takeOverByHand(kasia.context);
  free(MILK, 500);
  await saysNo(context);
  const { page: path } = await order(context, CASH, [[MILK, 12], [SPAGHETTI, 2]]);
  const number = path.split("/").at(-1);
  const position = house.shop.sql(`SELECT l.position FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.number = '${number}' AND l.sku = '${MILK}'`);
  await kasia.page.goto(`/warehouse/orders/${number}`);
  await take(kasia.page, number);
  await kasia.page.goto(`/warehouse/orders/${number}?line=${position}`);
  await kasia.page.getByText("Fewer than 12 there?").click();
  await kasia.page.locator("#units").fill("9");
  await button(kasia.page, "Picked 12").click();
  await kasia.page.getByText("3 missing.").waitFor();
  await findsNothing(kasia.page, "something for the rest");
  await button(kasia.page, "Swap").click();
  await kasia.page.getByText("for the rest, 3×").first().waitFor();
  await page.goto(path);
  assert.match(await text(page.locator("main")), /9 of 12 were there, €\d+\.\d\d\. Instead of the rest: 3 × /);
});
