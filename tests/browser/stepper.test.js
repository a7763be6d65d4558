// G1: a stepper on every card; instant with scripts, forms without.

import assert from "node:assert/strict";
import { DESK, PHONE, eventually, mark, openHouse, pressQuickly, quiet, stayed, story, text } from "./support/shopper.js";
import { BASKET, DEPARTMENT, FEW_LEFT, PRODUCT, basketLink, fillBasket, holds, minus, notice, noticeIs, plus, quantity, saidIs, stepper } from "./support/pages.js";

openHouse();

const MILK = "DE-MIL-007";
const PLAIN_MILK = "DE-MIL-001";
const CLOTTED = "DE-CRE-010";
const inBasket = async (page, sku) => {
  await page.goto(BASKET);
  return (await stepper(page, sku).count()) ? quantity(stepper(page, sku)) : 0;
};

for (const viewport of [PHONE, DESK]) {
  story(`a card's plus puts one in, says so, and the sum in the header follows, at ${viewport.width} px`, { viewport }, async (page) => {
    await page.goto(DEPARTMENT);
    await mark(page);
    const step = stepper(page, MILK);
    await plus(step).click();
    await holds(step, 1);
    await saidIs(page, /Whole Milk added/);
    await eventually(async () => assert.match(await basketLink(page).textContent(), /1 items?,.*€\d/));
    const before = await basketLink(page).textContent();
    await plus(step).click();
    await holds(step, 2);
    await eventually(async () => assert.notEqual(await basketLink(page).textContent(), before));
    assert.ok(await stayed(page), "the page was loaded again");
    assert.equal(await inBasket(page, MILK), 2);
  });
}

story("five quick presses are five in the basket", async (page) => {
  await page.goto(DEPARTMENT);
  await mark(page);
  await pressQuickly(page, plus(stepper(page, MILK)), 5);
  await holds(stepper(page, MILK), 5);
  await quiet(page);
  await holds(stepper(page, MILK), 5);
  assert.ok(await stayed(page), "the page was loaded again");
  assert.equal(await inBasket(page, MILK), 5);
});

story("quick presses on the product's page and in the basket count as well", async (page) => {
  await page.goto(PRODUCT);
  const bought = page.locator(".buy form");
  await plus(bought).click();
  await holds(bought, 1);
  await pressQuickly(page, plus(bought), 4);
  await holds(bought, 5);
  await quiet(page);
  assert.equal(await inBasket(page, PLAIN_MILK), 5);
  await pressQuickly(page, minus(stepper(page, PLAIN_MILK)), 3);
  await holds(stepper(page, PLAIN_MILK), 2);
  await quiet(page);
  assert.equal(await inBasket(page, PLAIN_MILK), 2);
});

story("presses on two products at once both count", async (page) => {
  await page.goto(DEPARTMENT);
  const skus = await page.locator("#products .step").evaluateAll((forms) => forms.slice(0, 2).map((f) => f.action.split("/").at(-1)));
  for (let i = 0; i < 3; i++) for (const sku of skus) await pressQuickly(page, plus(stepper(page, sku)), 1);
  for (const sku of skus) await holds(stepper(page, sku), 3);
  await quiet(page);
  for (const sku of skus) assert.equal(await inBasket(page, sku), 3);
});

story("the keyboard stays on the plus it pressed", async (page) => {
  await page.goto(DEPARTMENT);
  await plus(stepper(page, MILK)).focus();
  for (const n of [1, 2, 3]) {
    await page.keyboard.press("Enter");
    await holds(stepper(page, MILK), n);
    await quiet(page);
    await eventually(async () => assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "One more Whole Milk"));
  }
  assert.equal(await inBasket(page, MILK), 3);
});

story("presses just before going elsewhere are kept, by who has no basket yet too", async (page) => {
  await page.goto(DEPARTMENT);
  await pressQuickly(page, plus(stepper(page, MILK)), 3);
  await page.goto("/help");
  // What goes as one leaves is on its way without the page; the shop has it a moment later.
  await eventually(async () => assert.equal(await inBasket(page, MILK), 3));
});

story("presses that had to wait for another tab's turn are kept when one goes elsewhere", async (page, { context }) => {
  await page.goto(DEPARTMENT);
  const other = await context.newPage();
  await other.goto("/help");
  await other.evaluate(() => new Promise((held) => {
    navigator.locks.request("basket", () => new Promise((release) => { window.__release = release; held(); }));
  }));
  await pressQuickly(page, plus(stepper(page, MILK)), 2);
  await page.goto("/help");
  await other.evaluate(() => window.__release());
  await eventually(async () => assert.equal(await inBasket(page, MILK), 2));
});

story("presses that overtake those before them count none the less", async (page, { context }) => {
  await page.goto(DEPARTMENT);
  await page.evaluate(() => {
    // The first request is slow on its way, the one on leaving is not.
    const real = window.fetch;
    window.fetch = (address, options) => {
      window.fetch = real;
      return new Promise((done) => { window.__late = () => real(address, options).then(done); });
    };
  });
  await plus(stepper(page, MILK)).click();
  await page.waitForFunction(() => window.__late);
  await plus(stepper(page, MILK)).click();
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide")));
  const other = await context.newPage();
  await eventually(async () => assert.equal(await inBasket(other, MILK), 1));
  await page.evaluate(() => { window.__late(); });
  await eventually(async () => assert.equal(await inBasket(other, MILK), 2));
});

story("an answer changes nothing that the press had not drawn already", async (page) => {
  await page.goto(DEPARTMENT);
  const drawn = () => stepper(page, MILK).evaluate((form) => form.outerHTML);
  for (const button of [plus, plus, plus, minus, minus]) {
    await page.evaluate((sku) => { document.querySelector(`#products form[action$="/${sku}"]`).__same = true; }, MILK);
    await button(stepper(page, MILK)).click();
    await quiet(page);
    assert.ok(await stepper(page, MILK).evaluate((form) => form.__same), `drawn anew: ${await drawn()}`);
  }
});

story("what was taken out can be put back from the message", async (page, { context }) => {
  await fillBasket(context, [[MILK, 3]]);
  await page.goto(BASKET);
  await mark(page);
  await page.getByRole("button", { name: "Remove Whole Milk" }).click();
  await noticeIs(page, /Whole Milk removed/);
  await saidIs(page, /Whole Milk removed/);
  await eventually(async () => assert.match(await text(page.locator("main")), /Your basket is empty/));
  await notice(page).getByRole("button", { name: "Undo" }).click();
  await holds(stepper(page, MILK), 3);
  assert.ok(await stayed(page), "the page was loaded again");
  assert.equal(await inBasket(page, MILK), 3);
});

story("the last one goes by the stepper, and comes back by undo", async (page) => {
  await page.goto(DEPARTMENT);
  await plus(stepper(page, MILK)).click();
  await holds(stepper(page, MILK), 1);
  await quiet(page);
  await minus(stepper(page, MILK)).click();
  await holds(stepper(page, MILK), 0);
  await noticeIs(page, /Whole Milk removed/);
  await notice(page).getByRole("button", { name: "Undo" }).click();
  await holds(stepper(page, MILK), 1);
  assert.equal(await inBasket(page, MILK), 1);
});

story("more than there is is refused with what is possible, and the basket stays", async (page) => {
  await page.goto(FEW_LEFT.address);
  assert.match(await text(page.locator("article.product")), new RegExp(`only ${FEW_LEFT.left} left`));
  const bought = page.locator(".buy form");
  for (let n = 1; n <= FEW_LEFT.left; n++) {
    await plus(bought).click();
    await holds(bought, n);
    await quiet(page);
  }
  await plus(bought).click();
  await noticeIs(page, /Only 4 of Clotted Cream left\. You still have 4 in your basket/);
  await saidIs(page, /Only 4 of Clotted Cream left/);
  await holds(bought, FEW_LEFT.left);
  assert.equal(await inBasket(page, CLOTTED), FEW_LEFT.left);
});

story("quick presses over the stock end at what is there", async (page) => {
  await page.goto(FEW_LEFT.address);
  const bought = page.locator(".buy form");
  await plus(bought).click();
  await holds(bought, 1);
  await pressQuickly(page, plus(bought), FEW_LEFT.left + 2);
  await noticeIs(page, /Only 4 of Clotted Cream left/);
  await quiet(page);
  const shown = await quantity(bought);
  assert.equal(await inBasket(page, CLOTTED), shown, "page and basket differ");
  assert.ok(shown <= FEW_LEFT.left);
});

story("a press after “show more” keeps the longer list and the place in it", async (page) => {
  await page.goto(DEPARTMENT);
  const cards = page.locator("#products .goods > li");
  const first = await cards.count();
  await page.locator("a[data-more]").click();
  await eventually(async () => assert.ok((await cards.count()) > first));
  const all = await cards.count();
  const step = cards.nth(all - 1).locator(".step");
  await plus(step).click();
  await saidIs(page, /added/);
  await holds(step, 1);
  assert.equal(await cards.count(), all, "the list became shorter");
});

story("a press replaces no picture of the list", async (page) => {
  await page.goto(DEPARTMENT);
  await page.evaluate(() => { document.querySelector("#products img").__same = true; });
  await plus(stepper(page, MILK)).click();
  await saidIs(page, /added/);
  await holds(stepper(page, MILK), 1);
  assert.ok(await page.evaluate(() => document.querySelector("#products img").__same), "the whole list was replaced");
});

story("without scripts the same forms add, change, refuse, remove and undo", { scripts: false }, async (page) => {
  await page.goto(DEPARTMENT);
  await plus(stepper(page, MILK)).click();
  assert.equal(new URL(page.url()).pathname, DEPARTMENT);
  assert.match(await text(notice(page)), /Whole Milk added/);
  assert.match(await basketLink(page).textContent(), /1 items?,/);
  await plus(stepper(page, MILK)).click();
  assert.equal(await quantity(stepper(page, MILK)), 2);
  await minus(stepper(page, MILK)).click();
  assert.equal(await quantity(stepper(page, MILK)), 1);

  await page.goto(FEW_LEFT.address);
  for (let n = 0; n <= FEW_LEFT.left; n++) await plus(page.locator(".buy form")).click();
  assert.match(await text(notice(page)), /Only 4 of Clotted Cream left\. You still have 4/);
  assert.equal(await quantity(page.locator(".buy form")), FEW_LEFT.left);

  await page.goto(BASKET);
  await page.getByRole("button", { name: "Remove Clotted Cream" }).last().click();
  assert.match(await text(notice(page)), /Clotted Cream removed/);
  await notice(page).getByRole("button", { name: "Undo" }).click();
  assert.equal(await quantity(stepper(page, CLOTTED)), FEW_LEFT.left);
  await notice(page).count();
  await page.reload();
  assert.equal(await text(notice(page)), "", "a message was said twice");
});
