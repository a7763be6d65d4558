// The way through the checkout, as people walk it: with cash and no scripts, by keyboard alone, in the
// hand, with a card that is taken and one that is not.

import assert from "node:assert/strict";
import { AxeBuilder } from "@axe-core/playwright";
import { DESK, PHONE, eventually, openHouse, story, text } from "./support/shopper.js";
import { fillBasket, livesAt, said, saysNo } from "./support/pages.js";

openHouse();

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const GOODS = [["PP-OIL-002", 2], ["SF-SHL-012", 1]];
const WHO = { name: "Aoife Byrne", email: "aoife.byrne@example.ie", phone: "087 555 0142", line: "14 Leinster Road", eircode: "D06 X4P7" };

const shops = async (context) => {
  await saysNo(context);
  await livesAt(context, "D06");
  await fillBasket(context, GOODS);
};
const main = (page) => page.locator(".btn.main:visible").first();
const fillIn = async (page) => {
  for (const [field, value] of Object.entries(WHO)) await page.locator(`#${field}`).fill(value);
};
const chooseTime = async (page, n = 1) => {
  const times = page.locator("#window input[name=window]:enabled");
  await times.nth(n).check();
};
const toPayment = async (page, context) => {
  await shops(context);
  await page.goto("/checkout/delivery");
  await fillIn(page);
  await chooseTime(page);
  await page.locator("[data-hold]").waitFor();
  await main(page).click();
  await page.waitForURL("**/checkout/payment");
};
const toReview = async (page, context, way = "cash_at_door") => {
  await toPayment(page, context);
  await page.locator(`input[name=way][value="${way}"]`).check();
  await main(page).click();
  await page.waitForURL("**/checkout/review");
};
const typeCard = async (page, number) => {
  const frame = page.frameLocator("[data-card-frame]");
  await frame.getByLabel("Card number").fill(number);
  await frame.getByLabel("Expiry").fill("12 / 34");
  await frame.getByLabel("Security code").fill("123");
};
const findsNothing = async (page, where) => {
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html.slice(0, 140)).join(" | ")}`), [], where);
};

story("a guest orders with cash and no scripts", { scripts: false, viewport: PHONE, expected: [404] }, async (page, { context }) => {
  await shops(context);
  await page.goto("/basket");
  await page.getByRole("link", { name: "Checkout" }).last().click();
  await page.getByRole("link", { name: "Continue as guest" }).click();
  // Another day is looked at: what was typed is there afterwards.
  await page.locator("#name").fill(WHO.name);
  await page.locator(".day").nth(1).click();
  assert.equal(await page.locator("#name").inputValue(), WHO.name);
  assert.equal(await page.locator(".day").nth(1).getAttribute("aria-current"), "true");
  await fillIn(page);
  await chooseTime(page);
  await main(page).click();
  await page.waitForURL("**/checkout/payment");
  await page.locator("input[value=cash_at_door]").check();
  await main(page).click();
  await page.waitForURL("**/checkout/review");
  assert.match(await text(page.locator("main")), /held for you until \d\d:\d\d/);
  await page.getByRole("button", { name: "Keep it longer" }).click();
  assert.match(await text(page.locator("main")), /Your time is held longer/);
  const button = page.getByRole("button", { name: /Place order, pay €\d+\.\d\d at the door/ }).last();
  await button.click();
  await page.waitForURL("**/orders/*");
});

story("by keyboard alone one comes to an order", { expected: [404] }, async (page, { context }) => {
  await shops(context);
  await page.goto("/checkout");
  const reach = async (what, most = 80) => {
    for (let i = 0; i < most; i++) {
      if (await what.evaluate((el) => el === document.activeElement).catch(() => false)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`${what} is not reached`);
  };
  await reach(page.getByRole("link", { name: "Continue as guest" }));
  await page.keyboard.press("Enter");
  await page.waitForURL("**/checkout/delivery");
  await reach(page.locator("#window input[name=window]").first());
  await page.keyboard.press("Space");
  await page.locator("[data-hold]").waitFor();
  for (const field of ["eircode", "line", "name", "email", "phone"]) {
    await reach(page.locator(`#${field}`));
    await page.keyboard.type(WHO[field]);
  }
  await page.keyboard.press("Enter"); // in a field: goes on, and presses no other button
  await page.waitForURL("**/checkout/payment");
  await reach(page.locator("input[name=way]:checked"));
  for (let i = 0; i < 5 && (await page.locator("input[name=way]:checked").inputValue()) !== "cash_at_door"; i++) await page.keyboard.press("ArrowDown");
  await reach(main(page));
  await page.keyboard.press("Enter");
  await page.waitForURL("**/checkout/review");
  await reach(main(page));
  await page.keyboard.press("Enter");
  await page.waitForURL("**/orders/*");
});

story("a refused form says why, takes the focus and takes back what is put right", { expected: [422] }, async (page, { context }) => {
  await shops(context);
  await page.goto("/checkout/delivery");
  await main(page).click();
  const summary = page.locator("[aria-labelledby=problem]");
  await eventually(async () => assert.ok(await summary.evaluate((el) => el === document.activeElement), "focus on the summary"));
  assert.match(await page.title(), /^Error: Delivery, step 1 of 3/);
  assert.equal(await summary.locator("li").count(), 6);
  await summary.getByRole("link", { name: /Enter your name/ }).click();
  assert.ok(await page.locator("#name").evaluate((el) => el === document.activeElement));
  await page.keyboard.type("Aoife");
  await eventually(async () => assert.equal(await page.locator("#name").getAttribute("aria-invalid"), null));
  assert.equal(await page.locator("#name-wrong").isVisible(), false);
  await page.locator("#email").fill("aoife@gmial.com");
  await page.locator("#phone").focus();
  await eventually(async () => assert.match(await text(page.locator("#email-meant")), /Did you mean aoife@gmail\.com\?/));
});

story("nothing is said while a field is first typed in, and the words come when it is left", async (page, { context }) => {
  await shops(context);
  await page.goto("/checkout/delivery");
  await page.locator("#phone").pressSequentially("087");
  assert.equal(await page.locator("#phone-wrong").isVisible(), false);
  await page.locator("#name").focus();
  await eventually(async () => assert.match(await text(page.locator("#phone-wrong")), /too few figures/));
  await page.locator("#phone").fill("087 555 0142");
  await eventually(async () => assert.equal(await page.locator("#phone-wrong").isVisible(), false));
  await page.locator("#eircode").fill("d15 x4p7");
  await page.locator("#name").focus();
  await eventually(async () => assert.match(await text(page.locator("[data-live=summary]")), /Delivery to Blanchardstown, D15 €4\.90/));
  assert.match(await text(page.locator("[data-live=notes]")), /The fee was €2\.90 to Rathmines, D06\. It is €4\.90 now\./);
  assert.equal(await page.locator("#phone").inputValue(), "087 555 0142", "what is typed stays");
});

story("a guest paying by card sees at most eight fields to type in", async (page, { context }) => {
  await shops(context);
  await page.goto("/checkout/delivery");
  const count = (scope) => scope.locator("input:not([type=radio], [type=checkbox], [type=hidden]):visible, textarea:visible").count();
  let fields = await count(page.locator("main"));
  await fillIn(page);
  await chooseTime(page);
  await main(page).click();
  await page.waitForURL("**/checkout/payment");
  const frame = page.frameLocator("[data-card-frame]");
  await frame.getByLabel("Card number").waitFor();
  fields += await count(page.locator("main"));
  fields += await count(frame.locator("body"));
  assert.equal(fields, 8);
});

story("the end of the hold is announced in time, and it can be kept", async (page, { context }) => {
  await page.clock.install();
  await shops(context);
  await page.goto("/checkout/delivery");
  await chooseTime(page);
  await page.locator("[data-hold]").waitFor();
  assert.match(await text(page.locator(".hold")), /is held for you until \d\d:\d\d/);
  await page.clock.runFor(13 * 60_000 + 5_000);
  await eventually(async () => assert.match(await said(page).textContent(), /held for you until .* 2 minutes are left/));
  assert.match(await text(page.locator(".hold")), /1:5\d left/);
  await page.getByRole("button", { name: "Keep it longer" }).click();
  await eventually(async () => assert.match(await said(page).textContent(), /Your time is held longer/));
  assert.equal(await page.locator("[data-left]").isVisible(), false);
});

story("the button is pressed twice and there is one order", { expected: [404] }, async (page, { context }) => {
  await toReview(page, context);
  const button = main(page);
  await button.dblclick();
  await page.waitForURL("**/orders/*");
  const order = page.url();
  await page.goBack();
  await page.waitForURL((url) => url.href === order || url.pathname === "/checkout/review");
  await page.goto("/checkout/review");
  assert.equal(page.url(), order, "the review of what was ordered is the order");
});

story("a card goes to the gateway's frame, and the shop learns how it reads", { expected: [404] }, async (page, { context }) => {
  await toPayment(page, context);
  await typeCard(page, "4242 4242 4242 4242");
  await main(page).click();
  await page.waitForURL("**/checkout/review");
  const words = await text(page.locator("main"));
  assert.match(words, /Pay with Visa ending 4242|Visa ending 4242/);
  assert.match(words, /Reserved up to €\d+\.\d\d on Visa ending 4242, charged after packing/);
  await page.goto("/checkout/payment");
  assert.match(await text(page.locator(".panel .pick").first()), /Visa ending 4242/, "the card is not asked for again");
  await main(page).click();
  await page.waitForURL("**/checkout/review");
  await page.getByRole("button", { name: /Place order · €\d+\.\d\d/ }).last().click();
  await page.waitForURL("**/orders/*");
});

story("a card number that is not right is said in the frame, and nothing is lost", async (page, { context }) => {
  await toPayment(page, context);
  await typeCard(page, "4242 4242 4242 4241");
  await main(page).click();
  await eventually(async () => assert.match(await said(page).textContent(), /card number is not right/));
  assert.match(page.url(), /checkout\/payment$/);
  await typeCard(page, "4242 4242 4242 4242");
  await main(page).click();
  await page.waitForURL("**/checkout/review");
});

story("a wallet is one press", async (page, { context }) => {
  await toPayment(page, context);
  await page.frameLocator("[data-wallet-frame]").getByRole("button", { name: /Google Pay/ }).click();
  await page.waitForURL("**/checkout/review");
  assert.match(await text(page.locator("main")), /Google Pay/);
});

story("a redirect leads away to approve, and back to the order", { expected: [404] }, async (page, { context }) => {
  await toReview(page, context, "redirect:paypal");
  await page.getByRole("button", { name: /^Pay €\d+\.\d\d$/ }).last().click();
  await page.waitForURL("**/sandbox/approve/**");
});

for (const [name, viewport, scheme] of [["a desk, light", DESK, "light"], ["a phone, dark", PHONE, "dark"], ["320 px", { width: 320, height: 700 }, "light"]]) {
  story(`each step is reachable for all and as wide as the page: ${name}`, { viewport, scheme, expected: [422] }, async (page, { context }) => {
    const look = async (where) => {
      await findsNothing(page, where);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), `${where} is too wide`);
    };
    await shops(context);
    await page.goto("/checkout");
    await look("start");
    await page.goto("/checkout/delivery");
    await main(page).click();
    await page.locator("[aria-labelledby=problem]").waitFor();
    await page.evaluate(() => { for (const fold of document.querySelectorAll("main details")) fold.open = true; });
    await look("delivery, refused, all open");
    await fillIn(page);
    await chooseTime(page);
    await page.locator("[data-hold]").waitFor();
    await look("delivery, filled in");
    await main(page).click();
    await page.waitForURL("**/checkout/payment");
    await page.evaluate(() => { for (const fold of document.querySelectorAll("main details")) fold.open = true; });
    await page.frameLocator("[data-card-frame]").getByLabel("Card number").waitFor();
    await look("payment");
    await page.locator("#coupon").fill("NOPE");
    await page.getByRole("button", { name: "Use it" }).click();
    await page.locator("#coupon-wrong:visible").waitFor();
    await look("payment, voucher refused");
    await page.getByRole("button", { name: "Go on without a voucher" }).click();
    await page.locator("input[value=cash_at_door]").check();
    await main(page).click();
    await page.waitForURL("**/checkout/review");
    await look("review");
  });
}
