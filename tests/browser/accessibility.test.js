// X1: axe finds nothing on any page, in either scheme, on a desk and in the hand.

import assert from "node:assert/strict";
import { faults } from "./support/axe.js";
import { DESK, PHONE, eventually, house, openHouse, quiet, story, text } from "./support/shopper.js";
import { BASKET, DEPARTMENT, HOME, NOTHING, PRODUCT, SEARCH, SOLD_OUT, WEIGHED, fillBasket, livesAt, notice, pill, plus, stepper } from "./support/pages.js";

openHouse();

const MILK = "DE-MIL-007";

// A message lies over the goods for some seconds, can be put away, and then nothing is under it.
const COVERED = { "department, something added": ["target-size"] };

const unfold = (page) => page.evaluate(() => { for (const fold of document.querySelectorAll("main details")) fold.open = true; });

const findsNothing = async (page, where) => assert.deepEqual(await faults(page, { without: COVERED[where] }), [], where);

/** What is looked at: an address, or what is done to get there. */
const VIEWS = {
  "home, place unknown": HOME,
  "home, place known": async (page, context) => { await livesAt(context, "D06"); await page.goto(HOME); },
  "home, place open": async (page, context) => { await livesAt(context, "D06"); await page.goto(DEPARTMENT); await pill(page).locator("summary").click(); },
  "home, departments open": async (page) => { await page.goto(HOME); if (await page.locator("[popovertarget=menu]").first().isVisible()) await page.locator("[popovertarget=menu]").first().click(); },
  department: DEPARTMENT,
  "department, filters open": async (page) => {
    await page.goto(DEPARTMENT);
    const filters = page.getByRole("button", { name: "Filters" });
    if (await filters.isVisible()) await filters.click();
    await unfold(page);
  },
  "department, something added": async (page) => {
    await page.goto(DEPARTMENT);
    await plus(stepper(page, MILK)).click();
    await eventually(async () => assert.match(await text(notice(page)), /added/));
    await quiet(page);
  },
  product: PRODUCT,
  "product, folds and picture open": async (page) => {
    await page.goto(PRODUCT);
    await unfold(page);
    await page.getByRole("button", { name: /larger picture/ }).click();
  },
  "product by weight": WEIGHED,
  "product sold out": SOLD_OUT,
  search: SEARCH,
  "search, suggestions open": async (page) => { await page.goto(HOME); await page.locator("#q").click(); await page.locator("#q").pressSequentially("milk"); await page.getByRole("option").first().waitFor(); },
  "search, nothing found": NOTHING,
  "search, nothing with these filters": "/search?q=milk&max=1",
  "basket, empty": BASKET,
  "basket, filled": async (page, context) => { await fillBasket(context, [[MILK, 2], ["DE-CHE-001", 1]]); await page.goto(BASKET); },
  "basket, filled, place known": async (page, context) => { await livesAt(context, "D06"); await fillBasket(context, [[MILK, 2], ["DE-CHE-001", 1]]); await page.goto(BASKET); },
  "basket, a price changed": async (page, context) => {
    const csv = (price) => `sku,name,brand,department,category,subcategory,price,currency,size,size_value,size_unit,description,vat_rate,stock\nTEST-AXE,Passion Cake,Corner Bakery,Bakery,Cakes,Cakes,${price},EUR,400g,400,g,A cake for this test.,23,40\n`;
    house.shop.command(["import", "products", "-"], csv("8.00"));
    await eventually(() => fillBasket(context, [["TEST-AXE", 2]]));
    house.shop.command(["import", "products", "-"], csv("9.50"));
    await eventually(async () => { await page.goto(BASKET); assert.equal(await page.getByLabel("Changed since you were here").count(), 1); });
  },
  delivery: "/delivery",
  "delivery, place known": async (page, context) => { await livesAt(context, "D06"); await page.goto("/delivery"); },
  "place outside": "/place?place=Bray",
  "place unknown": "/place?place=Xyzzy",
  "place, a mistyped wish": async (page) => { await page.goto("/place?place=Bray"); await page.locator("#email").fill("nora"); await page.getByRole("button", { name: "Tell me" }).click(); await page.locator("#email-wrong").waitFor(); },
  privacy: "/privacy",
  help: "/help",
  sources: "/sources",
  "style guide": "/styleguide",
  "a page that is not there": "/p/nothing-of-this-name",
};

for (const [name, view] of Object.entries(VIEWS)) {
  for (const [scheme, viewport] of [["light", DESK], ["dark", PHONE]]) {
    story(`axe finds nothing: ${name}, ${scheme}, ${viewport.width} px`, { scheme, viewport, expected: [404, 422] }, async (page, { context }) => {
      if (typeof view === "string") await page.goto(view);
      else await view(page, context);
      await findsNothing(page, name);
    });
  }
}

story("axe is really looking", async (page) => {
  await page.goto(HOME);
  await page.evaluate(() => document.querySelector("main").append(document.createElement("button")));
  const found = await faults(page);
  assert.ok(found.some((fault) => fault.startsWith("button-name:")), found.join("\n"));
});

story("each page has one main heading, a title and a language", async (page) => {
  for (const address of Object.values(VIEWS).filter((view) => typeof view === "string" && !view.includes("nothing-of"))) {
    await page.goto(address);
    assert.equal(await page.locator("h1").count(), 1, address);
    assert.ok((await page.title()).length > 5, address);
    assert.equal(await page.locator("html").getAttribute("lang"), "en-IE", address);
  }
});
