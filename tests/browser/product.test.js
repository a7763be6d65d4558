// One product, and the keyboard's way through its page.

import assert from "node:assert/strict";
import { DESK, PHONE, openHouse, story, text } from "./support/shopper.js";
import { BASKET, DEPARTMENT, FEW_LEFT, HOME, PRODUCT, SEARCH, SOLD_OUT, WEIGHED, fillBasket, livesAt } from "./support/pages.js";

openHouse();

story("the picture is enlarged, and Escape closes it", async (page) => {
  await page.goto(PRODUCT);
  const large = page.locator("#large");
  assert.ok(!(await large.isVisible()));
  const zoom = page.getByRole("button", { name: /larger picture/ });
  await zoom.focus();
  await page.keyboard.press("Enter");
  assert.ok(await large.isVisible());
  const [small, big] = [await zoom.locator("img").boundingBox(), await large.locator("img").boundingBox()];
  assert.ok(big.width > small.width, `${big.width} px is not larger than ${small.width} px`);
  await page.keyboard.press("Escape");
  assert.ok(!(await large.isVisible()));
  assert.ok(await zoom.evaluate((el) => el === document.activeElement), "focus is not back on the picture");
  await zoom.click();
  await page.getByRole("button", { name: "Close the picture" }).click();
  assert.ok(!(await large.isVisible()));
});

story("folds open and close by keyboard and say what is inside", async (page) => {
  await page.goto(PRODUCT);
  const fold = page.locator("details.fold", { hasText: "Ingredients and allergens" });
  assert.equal(await fold.getAttribute("open"), null);
  await fold.locator("summary").focus();
  await page.keyboard.press("Enter");
  assert.match(await text(fold), /Contains: milk/i);
  assert.match(await text(fold), /demo fact/i);
  assert.ok((await fold.locator("p").first().locator("b").count()) >= 1, "no allergen is emphasised");
  await page.keyboard.press("Space");
  assert.equal(await fold.getAttribute("open"), null);
});

story("similar products are shown and lead on", async (page) => {
  await page.goto(PRODUCT);
  const similar = page.getByRole("region", { name: "Similar products" });
  assert.ok((await similar.locator(".card").count()) >= 3);
  await similar.locator(".name a").first().click();
  await page.waitForURL((address) => address.pathname.startsWith("/p/") && address.pathname !== PRODUCT);
});

story("goods by weight show the price per kg, an estimate and the most it can be", async (page) => {
  await page.goto(WEIGHED);
  const scale = await text(page.locator(".scale"));
  assert.match(scale, /Per kg €\d+\.\d\d/);
  assert.match(scale, /Never more than €\d+\.\d\d/);
  const [, about, most] = [...scale.matchAll(/€(\d+\.\d\d)/g)].map((m) => Number(m[1]));
  assert.ok(most > about, `at most ${most}, about ${about}`);
});

story("stock is said in words, and what is gone can not be added", async (page) => {
  await page.goto(FEW_LEFT.address);
  assert.match(await text(page.locator("article.product")), /In stock, only 4 left/);
  await page.goto(SOLD_OUT);
  assert.match(await text(page.locator("article.product")), /back/i);
  assert.equal(await page.locator("article.product .buy, article.product form[action^='/basket']").count(), 0);
  assert.equal(await page.locator("article.product form[action^='/wishes/']").count(), 1, "but waited for");
});

/** What the Tab key should reach, and what is odd about where it stops. */
const walk = (page) => page.evaluate(() => {
  const seen = (el) => el.checkVisibility({ visibilityProperty: true }) && el.getClientRects().length > 0;
  return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary, textarea")].filter((el) => el.tabIndex >= 0 && !el.disabled && seen(el)).map((el, i) => {
    el.dataset.walk = i;
    const { boxShadow, outlineStyle, outlineColor } = getComputedStyle(el);
    el.__rest = `${boxShadow} ${outlineStyle} ${outlineColor}`;
    return `${i}: ${el.localName} ${(el.getAttribute("aria-label") ?? el.textContent ?? "").trim().slice(0, 40)}`;
  });
});
const standing = (page) => page.evaluate(() => {
  const el = document.activeElement;
  if (el === document.body) return null;
  const { boxShadow, outlineStyle, outlineColor } = getComputedStyle(el);
  const { left, top, width, height } = el.getBoundingClientRect();
  const x = Math.min(Math.max(left + width / 2, 1), innerWidth - 1), y = top + height / 2;
  const on = document.elementFromPoint(x, y);
  return {
    index: Number(el.dataset.walk ?? -1), html: el.outerHTML.slice(0, 120),
    marked: el.__rest !== `${boxShadow} ${outlineStyle} ${outlineColor}` && (boxShadow !== "none" || outlineStyle !== "none"),
    hidden: y < 0 || y > innerHeight ? "outside the window" : !on || !(el.contains(on) || on.contains(el) || on.closest("label")?.contains(el)) ? `under ${on?.outerHTML.slice(0, 80)}` : "",
  };
});

for (const [name, address] of [["home", HOME], ["a department", DEPARTMENT], ["a product", PRODUCT], ["the search", SEARCH], ["the basket", BASKET], ["the times", "/delivery"]]) {
  for (const viewport of [PHONE, DESK]) {
    story(`the keyboard reaches everything on ${name}, and one sees where one is, at ${viewport.width} px`, { viewport }, async (page, { context }) => {
      await livesAt(context, "D06");
      await fillBasket(context, [["DE-MIL-007", 2]]);
      await page.goto(address);
      const controls = await walk(page);
      const reached = new Set();
      for (let i = 0; i < controls.length + 5; i++) {
        await page.keyboard.press("Tab");
        const at = await standing(page);
        if (!at) break;
        assert.ok(at.marked, `no visible focus on ${at.html}`);
        assert.equal(at.hidden, "", `focus is hidden: ${at.html}`);
        reached.add(at.index);
      }
      assert.deepEqual(controls.filter((_, i) => !reached.has(i)), [], "not reached by the Tab key");
    });
  }
}
