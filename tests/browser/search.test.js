// Finding things: suggestions while typing, filters, sorting, longer lists.

import assert from "node:assert/strict";
import { eventually, mark, openHouse, quiet, stayed, story, text } from "./support/shopper.js";
import { DEPARTMENT, HOME, NOTHING, SEARCH, saidIs } from "./support/pages.js";

openHouse();

const field = (page) => page.locator("#q");
const list = (page) => page.getByRole("listbox");
const cards = (page) => page.locator("#products .goods > li");
const counts = (page) => page.locator("#facets .count").allInnerTexts();
const tabTo = async (page, locator) => {
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press("Tab");
    if (await locator.evaluate((el) => el === document.activeElement)) return;
  }
  assert.fail("not reached by the Tab key");
};
const typeMilk = async (page) => {
  await page.goto(HOME);
  await tabTo(page, field(page));
  await page.keyboard.type("milk", { delay: 20 });
  await page.getByRole("option").first().waitFor();
};

story("suggestions are an accessible combobox, by keyboard alone", async (page) => {
  await typeMilk(page);
  assert.equal(await field(page).getAttribute("role"), "combobox");
  assert.equal(await field(page).getAttribute("aria-expanded"), "true");
  assert.equal(await field(page).getAttribute("aria-controls"), await list(page).getAttribute("id"));
  await saidIs(page, /\d+ suggestions/);
  const options = page.getByRole("option");
  assert.ok((await options.count()) > 3);
  const chosen = async () => {
    const id = await field(page).getAttribute("aria-activedescendant");
    assert.equal(await page.locator("[role=option][aria-selected=true]").count(), id ? 1 : 0);
    if (id) assert.equal(await page.locator(`#${id}`).getAttribute("aria-selected"), "true");
    return id;
  };
  await page.keyboard.press("ArrowDown");
  const first = await chosen();
  assert.ok(first);
  await page.keyboard.press("ArrowDown");
  assert.notEqual(await chosen(), first);
  await page.keyboard.press("ArrowUp");
  assert.equal(await chosen(), first);
  await page.keyboard.press("ArrowUp");
  assert.equal(await chosen(), null);
  assert.equal(await field(page).inputValue(), "milk");
  assert.ok(await field(page).evaluate((el) => el === document.activeElement), "focus left the field");

  await page.keyboard.press("Escape");
  assert.equal(await list(page).count(), 0);
  assert.equal(await field(page).getAttribute("aria-expanded"), "false");
  assert.equal(await field(page).inputValue(), "milk");
});

story("Enter goes to the chosen suggestion", async (page) => {
  await typeMilk(page);
  const product = page.locator("[role=option][href^='/p/']").first();
  const href = await product.getAttribute("href");
  for (let i = 0; i < 20 && (await field(page).getAttribute("aria-activedescendant")) !== (await product.getAttribute("id")); i++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**${href}`);
});

story("Enter without a choice searches for what was typed", async (page) => {
  await typeMilk(page);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/search?q=milk");
  assert.ok((await cards(page).count()) > 3);
});

story("a suggestion is taken with the mouse", async (page) => {
  await page.goto(HOME);
  await field(page).click();
  await field(page).pressSequentially("ched");
  const option = page.locator("[role=option][href^='/p/']").first();
  const href = await option.getAttribute("href");
  await option.click();
  await page.waitForURL(`**${href}`);
});

story("going on with Tab closes the suggestions", async (page) => {
  await typeMilk(page);
  await page.keyboard.press("Tab");
  await eventually(async () => assert.equal(await list(page).count(), 0));
});

story("a filter is followed at once: list, address, counts and the words follow, the page stays", async (page) => {
  await page.goto(SEARCH);
  await mark(page);
  const [words, before] = [await text(page.locator("#products .tools p")), await counts(page)];
  const box = page.locator("#facets input[type=checkbox]:visible").first();
  const param = await box.getAttribute("name");
  await box.check();
  await eventually(async () => assert.notEqual(await text(page.locator("#products .tools p")), words));
  assert.ok(new URL(page.url()).searchParams.has(param), page.url());
  assert.equal(new URL(page.url()).searchParams.get("q"), "milk");
  assert.notDeepEqual(await counts(page), before);
  assert.ok(await box.isChecked());
  await saidIs(page, /\d+/);
  assert.ok(await stayed(page), "the page was loaded again");

  const shown = await page.locator("#products .name").allInnerTexts();
  await page.reload();
  assert.deepEqual(await page.locator("#products .name").allInnerTexts(), shown, "the address shows something else");
  assert.ok(await page.locator("#facets input[type=checkbox]:visible").first().isChecked());

  await page.locator("#products .chip.on").first().click();
  await eventually(async () => assert.equal(await text(page.locator("#products .tools p")), words));
});

story("sorting is followed at once and kept beside a filter", async (page) => {
  await page.goto(SEARCH);
  await mark(page);
  const cheapest = await page.locator("#sort option").evaluateAll((options) => options.find((o) => /low|cheap/i.test(o.text))?.value);
  await page.locator("#sort").selectOption(cheapest);
  await page.waitForURL(/sort=/);
  await quiet(page);
  const prices = (await page.locator("#products .price b").allInnerTexts()).map((p) => Number(p.replace(/[^\d.]/g, "")));
  assert.deepEqual(prices, prices.toSorted((a, b) => a - b));
  assert.ok(await stayed(page), "the page was loaded again");
  await page.locator("#facets input[type=checkbox]:visible").first().check();
  await quiet(page);
  assert.match(page.url(), /sort=/);
  assert.equal(await page.locator("#sort").inputValue(), cheapest);
});

story("“show more” makes the list longer, each product once, and focus goes to the first new one", async (page) => {
  await page.goto(DEPARTMENT);
  await mark(page);
  const before = await cards(page).count();
  await page.locator("a[data-more]").focus();
  await page.keyboard.press("Enter");
  await eventually(async () => assert.ok((await cards(page).count()) > before));
  const links = await page.locator("#products .name a").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
  assert.equal(new Set(links).size, links.length, "a product is there twice");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("href")), links[before]);
  await saidIs(page, /more products/);
  assert.match(await text(page.locator("#products .more")), new RegExp(`^${links.length} `));
  assert.ok(await stayed(page), "the page was loaded again");
});

story("a filter after “show more” starts the list anew", async (page) => {
  await page.goto(DEPARTMENT);
  await page.locator("a[data-more]").click();
  await quiet(page);
  const long = await cards(page).count();
  await page.locator("#facets input[type=checkbox]:visible").first().check();
  await eventually(async () => assert.ok((await cards(page).count()) < long));
});

story("back from a product is back in the filtered list", async (page) => {
  await page.goto(HOME);
  await page.goto(SEARCH);
  await page.locator("#facets input[type=checkbox]:visible").first().check();
  await quiet(page);
  const [address, shown] = [page.url(), await page.locator("#products .name").allInnerTexts()];
  await page.locator("#products .name a").first().click();
  await page.waitForURL("**/p/**");
  await page.goBack();
  assert.equal(page.url(), address);
  assert.deepEqual(await page.locator("#products .name").allInnerTexts(), shown);
  assert.ok(await page.locator("#facets input[type=checkbox]:visible").first().isChecked());
  await page.goBack();
  assert.equal(new URL(page.url()).pathname, HOME);
});

story("nothing found says so and offers ways on", async (page) => {
  await page.goto(NOTHING);
  assert.equal(await text(page.locator("h1")), "Nothing found for “zzzzqqq”");
  assert.ok((await page.locator("main .btn").count()) >= 1);
  assert.ok((await page.locator("main .card").count()) >= 4, "no products offered instead");
  assert.equal(await field(page).inputValue(), "zzzzqqq");
});

story("without scripts search, filters, sorting and longer lists are plain pages", { scripts: false }, async (page) => {
  await page.goto(HOME);
  await field(page).fill("milk");
  await field(page).press("Enter");
  await page.waitForURL("**/search?q=milk");
  const box = page.locator("#facets input[type=checkbox]:visible").first();
  const param = await box.getAttribute("name");
  await box.check();
  await page.getByRole("button", { name: "Show products" }).click();
  await page.waitForURL((address) => address.searchParams.has(param));
  await page.locator("#sort").selectOption({ index: 1 });
  await page.getByRole("button", { name: "Sort", exact: true }).click();
  await page.waitForURL((address) => address.searchParams.get("sort") !== null && address.searchParams.has(param));
  await page.goto(DEPARTMENT);
  const first = await text(cards(page).first());
  await page.getByRole("link", { name: "Show more" }).click();
  await page.waitForLoadState();
  assert.notEqual(await text(cards(page).first()), first);
});
