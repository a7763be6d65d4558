// What is sold out, and somebody who wants to hear when it is back.

import assert from "node:assert/strict";
import { faults } from "./support/axe.js";
import { PHONE, eventually, house, mark, openHouse, stayed, story, text } from "./support/shopper.js";
import { fillBasket, livesAt, noticeIs, said, saysNo } from "./support/pages.js";

openHouse();

const CHEESE = "DE-CHE-001";
const stock = (on) => house.shop.sql(`UPDATE stock SET on_hand = held + ${on} WHERE product_id = (SELECT id FROM products WHERE sku = '${CHEESE}')`);
const picture = (page, name) => (process.env.SHOTS ? page.screenshot({ path: `${process.env.SHOTS}/${name}.png`, fullPage: true }) : null);

story("what is gone during checkout is waited for in place, and the letter comes when it is back", { viewport: PHONE }, async (page, { context }) => {
  await saysNo(context);
  await livesAt(context, "D06");
  await fillBasket(context, [["PP-OIL-002", 2], ["SF-SHL-012", 1], [CHEESE, 1]]);
  stock(0);
  const gone = page.locator(".gone-line");
  await eventually(async () => {
    await page.goto("/checkout/delivery");
    assert.equal(await gone.count(), 1);
  });
  assert.match(await text(gone.locator("h2")), /Mature Cheddar is sold out/);
  await mark(page);
  await page.locator("#name").fill("Aoife Byrne");
  assert.deepEqual(await faults(page), []);
  await picture(page, "step");

  // By keyboard, with a slip first: it is said at the field, and nothing typed is lost.
  const field = gone.getByRole("textbox");
  await field.fill("aoife@example");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await gone.locator(".wrong").waitFor();
  assert.match(await text(gone.locator(".wrong")), /What stands after the @ is not complete/);
  assert.match(await page.title(), /^Error: /);
  assert.deepEqual([await field.inputValue(), await page.locator("#name").inputValue()], ["aoife@example", "Aoife Byrne"]);
  assert.deepEqual(await faults(page), []);
  await picture(page, "slip");

  await field.fill("aoife@example.ie");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await gone.waitFor({ state: "detached" });
  const answer = /We will write once to aoife@example\.ie when Mature Cheddar is back\. It is out of your basket\./;
  await noticeIs(page, answer);
  await eventually(async () => assert.match(await said(page).textContent(), answer));
  assert.ok(await stayed(page), "in place");
  assert.equal(await page.locator("#name").inputValue(), "Aoife Byrne");
  assert.doesNotMatch(await page.title(), /^Error: /);
  assert.deepEqual(await faults(page), []);
  await picture(page, "noted");

  stock(3);
  await eventually(async () => {
    await page.goto("/sandbox/mail?to=aoife%40example.ie");
    assert.match(await text(page.locator("main")), /Mature Cheddar is back/);
  }, 60_000);
  await page.locator(".letters a").first().click();
  const letter = page.frameLocator("iframe");
  await letter.getByText("It is not kept for you").waitFor();
  await picture(page, "letter");
  const link = new URL(await letter.locator("a.btn").getAttribute("href")).pathname;
  await page.goto(link);
  assert.match(await text(page.locator("h1")), /Mature Cheddar/);
});

story("a product that is sold out takes an address, and so does its line in the basket", { viewport: PHONE, expected: [422] }, async (page, { context }) => {
  await saysNo(context);
  stock(3);
  await fillBasket(context, [[CHEESE, 1]]);
  const slug = house.shop.sql(`SELECT slug FROM products WHERE sku = '${CHEESE}'`).trim();
  stock(0);
  const tell = page.locator("main .tell");
  await eventually(async () => {
    await page.goto(`/p/${slug}`);
    assert.equal(await tell.count(), 1);
  });
  await mark(page);
  await tell.getByRole("textbox").fill("nora@example");
  await tell.getByRole("button").click();
  await noticeIs(page, /Nothing was noted yet\. What stands after the @ is not complete/);
  assert.equal(await tell.getByRole("textbox").inputValue(), "nora@example");
  await tell.getByRole("textbox").fill("nora@example.ie");
  await tell.getByRole("textbox").press("Enter");
  await noticeIs(page, /We will write once to nora@example\.ie when Mature Cheddar is back\./);
  assert.ok(await stayed(page), "in place");
  assert.deepEqual(await faults(page), []);
  await picture(page, "product");

  await eventually(async () => {
    await page.goto("/basket");
    assert.equal(await tell.count(), 1);
  });
  assert.deepEqual(await faults(page), []);
  await picture(page, "basket");
  await mark(page);
  await tell.getByRole("textbox").fill("nora@example.ie");
  await tell.getByRole("button").click();
  await page.getByText("Your basket is empty").waitFor();
  await noticeIs(page, /It is out of your basket\./);
  assert.ok(await stayed(page), "in place");
});
