// A basket that is never lost, and says what changed.

import assert from "node:assert/strict";
import { eventually, house, mark, openHouse, quiet, shopper, stayed, story, text } from "./support/shopper.js";
import { BASKET, DEPARTMENT, HOME, fillBasket, holds, livesAt, pillShows, plus, quantity, stepper } from "./support/pages.js";

openHouse();

const MILK = "DE-MIL-007";
const COLUMNS = "sku,name,brand,department,category,subcategory,price,currency,size,size_value,size_unit,description,vat_rate,stock";
const ownCsv = (sku, price) => `${COLUMNS}\n${sku},Passion Cake,Corner Bakery,Bakery,Cakes,Cakes,${price},EUR,400g,400,g,A cake for this test.,23,40\n`;

story("a basket is there again when the browser is opened again", async (page, { context }) => {
  await livesAt(context, "D06");
  await page.goto(DEPARTMENT);
  await plus(stepper(page, MILK)).click();
  await holds(stepper(page, MILK), 1);
  await quiet(page);
  const kept = await context.storageState();
  const later = await shopper({ storageState: kept });
  const again = await later.newPage();
  await again.goto(BASKET);
  assert.equal(await quantity(stepper(again, MILK)), 1);
  await pillShows(again, "Rathmines", "€2.90");
  await later.close();
});

story("a basket and a place survive the shop being killed", async (page, { context }) => {
  await livesAt(context, "D15");
  await fillBasket(context, [[MILK, 3]]);
  await page.goto(BASKET);
  const total = await text(page.locator("dl.totals .sum dd"));
  // What the browser still fetches for itself would be refused.
  await page.waitForLoadState("networkidle");
  await house.shop.kill();
  await house.shop.start();
  await page.reload();
  assert.equal(await quantity(stepper(page, MILK)), 3);
  assert.equal(await text(page.locator("dl.totals .sum dd")), total);
  await pillShows(page, "D15");
});

story("two tabs share one basket, and the last word counts", async (one, { context }) => {
  const two = await context.newPage();
  await one.goto(DEPARTMENT);
  await plus(stepper(one, MILK)).click();
  await holds(stepper(one, MILK), 1);
  await quiet(one);
  await two.goto(DEPARTMENT);
  await holds(stepper(two, MILK), 1);
  await plus(stepper(two, MILK)).click();
  await holds(stepper(two, MILK), 2);
  await quiet(two);
  await one.goto(BASKET);
  assert.equal(await quantity(stepper(one, MILK)), 2);
});

story("what is missing to free delivery and to the minimum follows each press", async (page, { context }) => {
  await livesAt(context, "D06");
  await fillBasket(context, [[MILK, 1]]);
  await page.goto(BASKET);
  await mark(page);
  const goal = page.locator("[data-live=basket-page] .goal");
  const before = await text(goal);
  assert.match(before, /€\d+\.\d\d more for free delivery/);
  assert.match(await text(page.locator("[data-live=basket-page]")), /We bring orders from €25\.00\. €\d+\.\d\d more/);
  await plus(stepper(page, MILK)).click();
  await holds(stepper(page, MILK), 2);
  await eventually(async () => assert.notEqual(await text(goal), before));
  assert.ok(await stayed(page), "the page was loaded again");
});

story("the totals say items, delivery, tax and total in one block", async (page, { context }) => {
  await fillBasket(context, [[MILK, 2]]);
  await page.goto(BASKET);
  assert.match(await text(page.locator("[data-live=basket-page] dl.totals")), /2 items €.* Delivery once we know where Total €.* VAT in this total €/);
  await livesAt(context, "D06");
  await page.reload();
  assert.match(await text(page.locator("[data-live=basket-page] dl.totals")), /Delivery to Rathmines, D06 €2\.90 Total €/);
});

story("a price that changed since is said by name with old and new, and can be accepted", async (page, { context }) => {
  const sku = "TEST-CAKE-1";
  house.shop.command(["import", "products", "-"], ownCsv(sku, "8.00"));
  await eventually(() => fillBasket(context, [[sku, 2]]));
  house.shop.command(["import", "products", "-"], ownCsv(sku, "9.50"));
  await page.goto(BASKET);
  const changed = page.getByLabel("Changed since you were here");
  await eventually(async () => {
    await page.reload();
    assert.match(await text(changed), /Passion Cake.*€8\.00.*€9\.50/);
  });
  assert.match(await text(changed), /Total: (before )?€16\.00 €19\.00/);
  await mark(page);
  await changed.getByRole("button").click();
  await eventually(async () => assert.equal(await changed.count(), 0));
  assert.ok(await stayed(page), "the page was loaded again");
});

story("an empty basket says what to do", async (page) => {
  await page.goto(BASKET);
  assert.match(await text(page.locator("main")), /Your basket is empty/);
  await page.getByRole("link", { name: "Start shopping" }).click();
  await page.waitForURL(HOME);
});
