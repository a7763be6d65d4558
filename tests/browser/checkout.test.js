// The way through the checkout, as people walk it: with cash and no scripts, by keyboard alone, in the
// hand, with a card that is taken and one that is not.

import assert from "node:assert/strict";
import { faults } from "./support/axe.js";
import { DESK, PHONE, eventually, house, mark, openHouse, quiet, stayed, story, text } from "./support/shopper.js";
import { signUp, somebody } from "./support/accounts.js";
import { gatewayMood } from "./support/orders.js";
import { fillBasket, livesAt, said, saysNo, walletsStandInOneRow } from "./support/pages.js";

openHouse();

const GOODS = [["PP-OIL-002", 2], ["SF-SHL-012", 1]];
const WHO = { name: "Aoife Byrne", email: "aoife.byrne@example.ie", phone: "087 555 0142", line: "14 Leinster Road", eircode: "D06 X4P7" };

const WINE = "AB-BEE-002";
const CHEESE = "DE-CHE-001";
const VISA = "4242 4242 4242 4242";
const LAST_HOLD = "SELECT h.basket_id, w.id, w.capacity FROM window_holds h JOIN delivery_windows w ON w.id = h.window_id WHERE h.basket_id IS NOT NULL ORDER BY h.held_until DESC LIMIT 1";

const shops = async (context, goods = GOODS) => {
  await saysNo(context);
  await livesAt(context, "D06");
  await fillBasket(context, goods);
};
const main = (page) => page.locator(".btn.main:visible").first();
const fillIn = async (page) => {
  for (const [field, value] of Object.entries(WHO)) await page.locator(`#${field}`).fill(value);
};
const chooseTime = async (page, n = 1) => {
  const times = page.locator("#window input[name=window]:enabled");
  await times.first().waitFor();
  // Little of a day is left in its afternoon; the next one has all its times.
  if ((await times.count()) <= n) await page.locator("#when button[name=day]:not([aria-current])").first().click();
  await times.nth(n).check();
};
const toPayment = async (page, context, goods = GOODS) => {
  await shops(context, goods);
  await page.goto("/checkout/delivery");
  await fillIn(page);
  await chooseTime(page);
  await page.locator("[data-hold]").waitFor();
  await main(page).click();
  await page.waitForURL("**/checkout/payment");
};
const toPaymentWithoutScripts = async (page, context) => {
  await shops(context);
  await page.goto("/checkout/delivery");
  await fillIn(page);
  await chooseTime(page);
  await main(page).click();
  await page.waitForURL("**/checkout/payment");
};
const toReview = async (page, context, way = "cash_at_door", goods = GOODS) => {
  await toPayment(page, context, goods);
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
const typeAnother = async (page, number) => {
  await page.locator('input[name=way][value="card"]').check();
  await typeCard(page, number);
};
const cardAtReview = async (page, context, number) => {
  await toPayment(page, context);
  await typeCard(page, number);
  await main(page).click();
  await page.waitForURL("**/checkout/review");
};
const pressPay = (page) => page.getByRole("button", { name: /^Pay €\d+\.\d\d$/ }).filter({ visible: true }).first().click({ noWaitAfter: true });
const isConfirmed = (page, patience = 10_000) => eventually(async () => assert.match(await text(page.locator("main h1")), /Order confirmed/), patience);
const findsNothing = async (page, where) => assert.deepEqual(await faults(page), [], where);

story("a guest orders with cash and no scripts", { scripts: false, viewport: PHONE }, async (page, { context }) => {
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
  const button = page.getByRole("button", { name: /Order, pay €\d+\.\d\d at the door/ }).last();
  await button.click();
  await page.waitForURL("**/orders/*");
});

story("by keyboard alone one comes to an order", async (page, { context }) => {
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

/** What was refused is right now: no summary, no title and no words of it are left. */
const isWell = (page, field) => eventually(async () => {
  assert.equal(await page.locator("[aria-labelledby=problem]").count(), 0, "the summary is gone");
  assert.doesNotMatch(await page.title(), /^Error/);
  assert.equal(await page.locator(`#${field}-wrong`).isVisible(), false);
});
const isRefused = async (page, step) => {
  await page.locator("[aria-labelledby=problem]").waitFor();
  assert.match(await page.title(), new RegExp(`^Error: ${step}, step`));
};
/** A day with times to choose between: of today there may be little left, and tomorrow's may be shown first. */
const showsMany = async (page) => {
  const days = page.locator("#when button[name=day]");
  for (let n = 0; (await page.locator("#window input[name=window]:enabled").count()) < 3; n++) {
    await days.nth(n).click();
    await eventually(async () => assert.equal(await days.nth(n).getAttribute("aria-current"), "true"));
  }
};
/** Whatever is counted of held times has come to its end. */
const holdsEnough = () => house.shop.sql("UPDATE throttles SET hits = 30 WHERE what = 'hold_window'");

story("a time that was missing, an age that was not confirmed and a voucher nobody knows are refused until they are put right", { expected: [422] }, async (page, { context }) => {
  await shops(context, [...GOODS, [WINE, 1]]);
  await page.goto("/checkout/delivery");
  await fillIn(page);
  await main(page).click();
  await isRefused(page, "Delivery");
  await chooseTime(page);
  await page.locator("[data-hold]").waitFor();
  await isWell(page, "window");
  await main(page).click();
  await page.waitForURL("**/checkout/payment");
  await page.getByText("Add a voucher").click();
  await page.locator("#coupon").fill("NOPE");
  await page.getByRole("button", { name: "Use it" }).click();
  await isRefused(page, "Payment");
  await page.locator("#coupon").fill("HARVEST5");
  await isWell(page, "coupon");
  await page.getByRole("button", { name: "Use it" }).click();
  await page.getByRole("button", { name: /^Take it off/ }).waitFor();
  await page.locator("input[value=cash_at_door]").check();
  await main(page).click();
  await page.waitForURL("**/checkout/review");
  await main(page).click();
  await isRefused(page, "Review");
  await page.locator("#age").check();
  await isWell(page, "age");
  await page.locator("#age").uncheck();
  await page.locator("#age-wrong:visible").waitFor();
  assert.equal(await page.locator("#age").getAttribute("aria-invalid"), "true");
});

story("a voucher is taken off and another one tried, and nothing typed elsewhere is lost", async (page, { context }) => {
  await toPayment(page, context, [["PP-OIL-002", 6], ["SF-SHL-012", 1]]);
  await page.getByText("Add a voucher").click();
  await page.locator("#coupon").fill("HARVEST5");
  await page.getByRole("button", { name: "Use it" }).click();
  await page.getByText("Voucher HARVEST5").first().waitFor();
  await page.getByText("Add a gift note").click();
  await page.locator("#gift_note").fill("For Nora");
  await page.locator('input[name=way][value="card"]').check();
  await typeCard(page, VISA);
  await mark(page);
  await page.getByRole("button", { name: /^Take it off/ }).click();
  await page.getByText("Add a voucher").waitFor();
  assert.equal(await page.getByText("Voucher HARVEST5").count(), 0, "it stands nowhere any more");
  assert.equal(await page.getByRole("button", { name: /^Take it off/ }).count(), 0);
  const typed = page.frameLocator("[data-card-frame]").getByLabel("Card number");
  assert.equal(await typed.inputValue(), VISA);
  assert.equal(await page.locator("#gift_note").inputValue(), "For Nora");
  assert.ok(await page.locator('input[name=way][value="card"]').isChecked());
  await page.getByText("Add a voucher").click();
  await page.locator("#coupon").fill("WELCOME10");
  // What comes beside it takes nothing away.
  await page.getByRole("button", { name: "Keep it longer" }).click();
  await eventually(async () => assert.match(await text(page.locator("main")), /Your time is held longer/));
  assert.equal(await page.locator("#coupon").inputValue(), "WELCOME10");
  assert.ok(await stayed(page), "the page was not loaded anew");
  await page.getByRole("button", { name: "Use it" }).click();
  await page.getByText("Voucher WELCOME10").first().waitFor();
  assert.equal(await page.locator("#gift_note").inputValue(), "For Nora");
});

story("the time a slow service is given begins anew with each press", { expected: [402] }, async (page, { context }) => {
  await page.clock.install();
  await toPayment(page, context);
  await typeAnother(page, VISA);
  await page.clock.pauseAt(new Date((await page.evaluate(() => Date.now())) + 60_000));
  const wrong = page.locator("#card-wrong");
  const waits = () => eventually(async () => assert.equal(await main(page).getAttribute("aria-disabled"), "true"));
  await page.route("**/sandbox/tokens", (route) => route.fulfill({ status: 402, json: { error: { message: "Your card number is incorrect." } } }));
  await main(page).click();
  await page.frameLocator("[data-card-frame]").getByText("Your card number is incorrect.").waitFor();
  await eventually(async () => assert.equal(await main(page).getAttribute("aria-disabled"), null));
  await page.clock.runFor(6000);
  await page.unroute("**/sandbox/tokens");
  await page.route("**/sandbox/tokens", () => {});
  await main(page).click();
  await waits();
  await page.clock.runFor(3000);
  await waits();
  assert.equal(await wrong.isVisible(), false, "eight seconds of the first press are not those of the second");
  await page.clock.runFor(5500);
  await eventually(async () => assert.match(await text(wrong), /did not answer/));
});

for (const scripts of [true, false]) {
  story(`who has changed the time too often is told so at the times and goes on with the one that is held, ${scripts ? "with" : "without"} scripts`, { scripts, expected: [429] }, async (page, { context }) => {
    await shops(context);
    await page.goto("/checkout/delivery");
    await showsMany(page);
    await fillIn(page);
    const times = page.locator("#window input[name=window]");
    const held = await page.locator("#window input[name=window]:enabled").nth(1).inputValue();
    const other = await page.locator("#window input[name=window]:enabled").nth(2).inputValue();
    await page.locator(`input[name=window][value="${held}"]`).check();
    if (scripts) await page.locator("[data-hold]").waitFor();
    else {
      await main(page).click();
      await page.waitForURL("**/checkout/payment");
      await page.goto("/checkout/delivery");
    }
    holdsEnough();
    await page.locator(`input[name=window][value="${other}"]`).click();
    if (!scripts) await main(page).click();
    await eventually(async () => assert.match(await text(page.locator("#window-wrong")), /Too many tries\. Try again (tomorrow )?at \d\d:\d\d\. .+ is still held for you\./));
    assert.equal(await times.and(page.locator(":checked")).inputValue(), held, "the old choice is back");
    if (scripts) assert.match(await said(page).textContent(), /Too many tries/);
    else await isRefused(page, "Delivery");
    assert.equal(await page.locator("#name").inputValue(), WHO.name, "nothing typed is lost");
    await main(page).click();
    await page.waitForURL("**/checkout/payment");
    assert.match(await text(page.locator("main")), /is held for you until \d\d:\d\d/);
  });
}

story("without scripts the payment step shows what works, and names it", { scripts: false, viewport: PHONE }, async (page, { context }) => {
  await toPaymentWithoutScripts(page, context);
  assert.equal(await page.locator("[data-wallets]").isVisible(), false, "no room for what does not come");
  const heading = await page.locator("h1").boundingBox();
  const ways = await page.locator("#way").boundingBox();
  assert.ok(ways.y - heading.y - heading.height < 80, `a hole of ${ways.y - heading.y - heading.height} px`);
  // Read as markup, as browsers do that run no scripts. Not by its layout: to ask for that lets the page run scripts
  // for a moment, and what is laid out just then leaves it out.
  const without = page.locator("[data-card] noscript p");
  assert.equal(await without.count(), 1);
  assert.match(await without.textContent(), /Without it you can pay with PayPal, in cash at the door or by card at the door: choose below/);
  await page.locator('input[value="redirect:paypal"]').check();
  await main(page).click();
  await page.waitForURL("**/checkout/review");
  await main(page).click();
  await page.waitForURL("**/sandbox/approve/**");
  await page.getByRole("button", { name: /^Approve €\d+\.\d\d$/ }).click();
  await page.waitForURL("**/orders/*");
});

story("paid at once, the sum beside the button is the one on it, and says what it is made of", { viewport: PHONE }, async (page, { context }) => {
  await toReview(page, context, "redirect:paypal", [...GOODS, [CHEESE, 1]]);
  const bar = page.locator(".bar");
  const charged = (await text(bar.getByRole("button"))).match(/^Pay (€\d+\.\d\d)$/)[1];
  assert.equal(await text(bar.locator("b")), charged);
  const [, total, more] = (await text(bar.locator("small"))).match(/^€(\d+\.\d\d) and €(\d+\.\d\d) for weighing; what is over goes back$/);
  assert.equal(Math.round(100 * total) + Math.round(100 * more), Math.round(100 * charged.slice(1)));
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth));
});

story("the wallets stand in one row where there is room, with space around them", async (page, { context }) => {
  await toPayment(page, context);
  await walletsStandInOneRow(page);
});

story("what is wrong about the age stands in the columns of its row", { expected: [422], viewport: PHONE }, async (page, { context }) => {
  await toReview(page, context, "cash_at_door", [...GOODS, [WINE, 1]]);
  const colour = (of) => page.locator(of).evaluate((el) => getComputedStyle(el).color);
  const calm = await colour(".tick:has(#age)");
  await main(page).click();
  await page.locator("#age-wrong:visible").waitFor();
  assert.equal(await colour(".tick:has(#age)"), calm, "the question itself is not shouted");
  const lefts = await page.evaluate(() => {
    const range = document.createRange();
    range.selectNodeContents(document.querySelector(".tick:has(#age)").lastChild);
    const left = (el) => el.getBoundingClientRect().left;
    return { box: left(document.getElementById("age")), icon: left(document.querySelector("#age-wrong .icon")), label: left(range), words: left(document.querySelector("#age-wrong span")) };
  });
  assert.ok(Math.abs(lefts.box - lefts.icon) <= 1 && Math.abs(lefts.label - lefts.words) <= 1, JSON.stringify(lefts));
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

story("the button is pressed twice and there is one order", async (page, { context }) => {
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

story("a card goes to the gateway's frame, and the order is confirmed", async (page, { context }) => {
  await toPayment(page, context);
  await typeCard(page, VISA);
  await main(page).click();
  await page.waitForURL("**/checkout/review");
  const words = await text(page.locator("main"));
  assert.match(words, /Pay with Visa ending 4242|Visa ending 4242/);
  assert.match(words, /Reserved up to €\d+\.\d\d on Visa ending 4242, charged after packing/);
  await page.goto("/checkout/payment");
  assert.match(await text(page.locator(".panel .pick").first()), /Visa ending 4242/, "the card is not asked for again");
  await main(page).click();
  await page.waitForURL("**/checkout/review");
  await pressPay(page);
  await page.waitForURL("**/orders/*");
  await isConfirmed(page);
  assert.match(await text(page.locator("main")), /€\d+\.\d\d reserved on Visa ending 4242, charged after packing/);
});

story("a card kept at the first order is chosen at the second, and offered where one pays again", async (page, { context }) => {
  await saysNo(context);
  await signUp(page, context, somebody());
  await toPayment(page, context);
  await typeCard(page, VISA);
  await page.getByLabel("Keep this card for the next time").check();
  await main(page).click();
  await page.waitForURL("**/checkout/review");
  await pressPay(page);
  await page.waitForURL("**/orders/*");
  await isConfirmed(page);
  // The second one: nothing is typed, and the card is the first choice.
  await fillBasket(context, GOODS);
  await page.goto("/checkout/delivery");
  await chooseTime(page);
  await page.locator("[data-hold]").waitFor();
  await main(page).click();
  await page.waitForURL("**/checkout/payment");
  assert.match(await page.locator("input[name=way]:checked").inputValue(), /^saved:/);
  assert.match(await text(page.locator(".panel .pick").first()), /^Visa ending 4242 expires 12\/\d\d/);
  await typeAnother(page, "4000 0000 0000 0002");
  await main(page).click();
  await page.waitForURL("**/checkout/review");
  await pressPay(page);
  await page.waitForURL("**/orders/*");
  // Another card was declined; on the order's page the kept one is there.
  await page.getByRole("radio", { name: /^Visa ending 4242 Expires 12/ }).check();
  await findsNothing(page, "a kept card on the order's page");
  await page.locator("#pay-again [data-go]").click();
  await isConfirmed(page);
  assert.match(await text(page.locator("main")), /€\d+\.\d\d reserved on Visa ending 4242, charged after packing/);
});

story("a declined card loses nothing: another one pays on the order's page", async (page, { context }) => {
  await cardAtReview(page, context, "4000 0000 0000 0002");
  await pressPay(page);
  await page.waitForURL("**/orders/*");
  const order = page.url();
  const words = await text(page.locator("main"));
  assert.match(words, /You have not been charged\. Your things, and .*, are kept for you until/);
  const goods = await page.locator("main .lines li").allInnerTexts();
  await typeCard(page, VISA);
  await page.locator("#pay-again [data-go]").click();
  await isConfirmed(page);
  assert.equal(page.url(), order, "the same order");
  assert.deepEqual(await page.locator("main .lines li").allInnerTexts(), goods, "with the same things");
  assert.match(await text(page.locator("main")), /14 Leinster Road/);
});

story("the bank asks, one approves and comes back to a confirmed order", async (page, { context }) => {
  await cardAtReview(page, context, "4000 0025 0000 3155");
  await pressPay(page);
  await page.waitForURL("**/sandbox/approve/**");
  assert.match(await text(page.locator("main")), /A bank would ask you to confirm this/);
  await page.getByRole("button", { name: /^Approve €\d+\.\d\d$/ }).click();
  await page.waitForURL("**/orders/*");
  await isConfirmed(page);
  assert.match(await text(page.locator("main")), /Visa ending 3155/);
});

story("the gateway is silent: the order says so within ten seconds, and comes right by itself", async (page, { context }) => {
  await cardAtReview(page, context, VISA);
  await gatewayMood(context, { silent_percent: 100, silent_seconds: 14, next_calls: 4 });
  try {
    const pressed = Date.now();
    await pressPay(page);
    await page.waitForURL("**/orders/*", { timeout: 10_500 });
    assert.ok(Date.now() - pressed < 10_500, `after ${Date.now() - pressed} ms`);
    assert.match(await text(page.locator("main h1")), /We are checking your payment/);
    await mark(page);
  } finally {
    await gatewayMood(context);
  }
  await isConfirmed(page, 60_000);
  assert.ok(await stayed(page), "without a reload");
});

story("the time is over and gone to others before the last button: one chooses another", async (page, { context }) => {
  await toReview(page, context);
  const [basket, id, room] = house.shop.sql(LAST_HOLD).split("|");
  const over = "UPDATE window_holds SET held_until = now() - interval '1 minute'";
  house.shop.sql(`${over} WHERE basket_id = '${basket}'`);
  await page.reload();
  assert.match(await text(page.locator("main")), /is not held for you any more, and still free/);
  await page.getByRole("button", { name: "Hold it again" }).click();
  await eventually(async () => assert.match(await text(page.locator("main")), /is held for you until \d\d:\d\d/));
  // Over once more, and this time somebody else has taken the last place.
  const other = await house.browser.newContext();
  await fillBasket(other, GOODS);
  await other.close();
  const free = "SELECT b.id FROM baskets b WHERE NOT EXISTS (SELECT FROM window_holds h WHERE h.basket_id = b.id) LIMIT 1";
  house.shop.sql(`UPDATE window_holds SET basket_id = (${free}) WHERE basket_id = '${basket}'`);
  house.shop.sql(`UPDATE delivery_windows SET capacity = taken WHERE id = ${id}`);
  try {
    await main(page).click();
    await page.waitForURL("**/checkout/delivery**");
    assert.match(await text(page.locator("main")), /has (just )?filled up/);
    assert.equal(await page.locator("#name").inputValue(), WHO.name, "nothing typed is lost");
    assert.ok(await page.locator("#window input:enabled").count(), "others can be chosen");
  } finally {
    house.shop.sql(`UPDATE delivery_windows SET capacity = ${room} WHERE id = ${id}`);
  }
  await chooseTime(page, 2);
  await page.locator("[data-hold]").waitFor();
  await main(page).click();
  await page.waitForURL("**/checkout/payment");
  await main(page).click();
  await page.waitForURL("**/checkout/review");
  await main(page).click();
  await page.waitForURL("**/orders/*");
  await isConfirmed(page);
});

story("what is gone meanwhile is named, taken out in place, and the rest is ordered", { expected: [409] }, async (page, { context }) => {
  await toReview(page, context, "cash_at_door", [...GOODS, ["PP-PAS-001", 12]]);
  const button = page.locator("#order .btn");
  const stock = "stock WHERE product_id = (SELECT id FROM products WHERE sku = 'PP-PAS-001')";
  const had = house.shop.sql(`SELECT on_hand FROM ${stock}`);
  house.shop.sql(`UPDATE ${stock.replace(" WHERE", " SET on_hand = held WHERE")}`);
  try {
    await button.click();
    await page.locator(".gone-line").waitFor();
    assert.match(await text(page.locator(".gone-line h2")), /is sold out/);
    assert.match(await text(page.locator("main")), /Nothing was ordered or charged/);
    assert.match(await page.title(), /^Error: Review, step 3 of 3/);
    await eventually(async () => assert.match(await page.evaluate(() => document.activeElement.innerText), /^Not everything is there any more/));
    await page.goto("/checkout/review");
    await mark(page);
    const sum = await text(button);
    await page.locator(".gone-line").getByRole("button", { name: /^Remove/ }).click();
    await page.locator(".gone-line").waitFor({ state: "detached" });
    assert.ok(await stayed(page), "in place");
    assert.equal(await text(button), sum, "it did not count before");
    await button.click();
    await page.waitForURL("**/orders/*");
    await isConfirmed(page);
  } finally {
    house.shop.sql(`UPDATE ${stock.replace(" WHERE", ` SET on_hand = ${had} WHERE`)}`);
  }
});

story("a card form that does not open says so, and another way is there", async (page, { context }) => {
  await page.clock.install();
  await page.route("**/sandbox/card?**", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Nothing</title>" }));
  await toPayment(page, context);
  const words = page.locator("#card-wrong");
  assert.equal(await words.isVisible(), false);
  await page.clock.runFor(5_100);
  await eventually(async () => assert.match(await text(words), /The card form did not open\. Reload the page, or choose another way to pay\./));
  assert.equal(await page.locator("[data-card-frame]").isVisible(), false, "in place of the frame");
  await main(page).click();
  await eventually(async () => assert.match(await said(page).textContent(), /The card form did not open/));
  await page.locator("input[value=cash_at_door]").check();
  await main(page).click();
  await page.waitForURL("**/checkout/review");
});

story("what is typed is sent one after the other, and none of it comes after the button", async (page, { context }) => {
  const drafts = [];
  let open = 0;
  let most = 0;
  await page.route("**/checkout/draft", async (route) => {
    drafts.push(Number(new URLSearchParams(route.request().postData()).get("rev")));
    most = Math.max(most, ++open);
    await new Promise((resolve) => setTimeout(resolve, 400));
    open -= 1;
    await route.continue().catch(() => {});
  });
  await shops(context);
  await page.goto("/checkout/delivery");
  await chooseTime(page);
  await page.locator("[data-hold]").waitFor();
  await fillIn(page);
  const [pressed] = await Promise.all([
    page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/checkout/delivery")),
    main(page).click(),
  ]);
  await page.waitForURL("**/checkout/payment");
  assert.equal(most, 1, "one at a time");
  assert.deepEqual(drafts, [...drafts].sort((a, b) => a - b));
  assert.ok(Number(new URLSearchParams(pressed.postData()).get("rev")) > Math.max(...drafts), "the button is the newest");
  await page.goto("/checkout/delivery");
  for (const [field, value] of Object.entries(WHO)) assert.equal(await page.locator(`#${field}`).inputValue(), value);
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

/** How much has moved by itself on this page so far, and what. */
const counting = (page) => page.addInitScript(() => {
  [window.__shift, window.__moved] = [0, []];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) {
      window.__shift += entry.value;
      window.__moved.push(...entry.sources.map(({ node, previousRect: a, currentRect: b }) => `${(node?.outerHTML ?? node?.parentElement?.outerHTML ?? "").slice(0, 80)} ${a.y}+${a.height} to ${b.y}+${b.height}`));
    }
  }).observe({ type: "layout-shift", buffered: true });
});
const moved = async (page) => {
  const [shift, what] = await page.evaluate(() => [window.__shift, window.__moved]);
  assert.ok(shift < 0.02, `it moves by ${shift}: ${what.join("\n")}`);
  return shift;
};

for (const viewport of [PHONE, DESK]) {
  story(`nothing moves while the ways to pay come, at ${viewport.width} px`, { viewport }, async (page, { context, t }) => {
    await toPayment(page, context);
    await counting(page);
    // The gateway's frames come late, as on a train.
    await context.route(/\/sandbox\/(card|wallets)/, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 400));
      await route.continue();
    });
    await page.reload();
    await page.frameLocator("[data-card-frame]").getByLabel("Card number").waitFor();
    await page.frameLocator("[data-wallet-frame]").getByRole("button", { name: /Google Pay/ }).waitFor();
    await quiet(page);
    const cut = await page.locator("[data-card-frame], [data-wallet-frame]").evaluateAll((frames) => frames.map((frame) => frame.contentDocument?.body.scrollHeight - frame.clientHeight));
    assert.ok(cut.every((px) => !(px > 0)), `nothing of a frame is cut off: ${cut}`);
    t.diagnostic(`layout shift at ${viewport.width} px: ${(await moved(page)).toFixed(4)}`);
    if (viewport === PHONE) return;
    // Where none comes, words stand in their room.
    await context.unrouteAll({ behavior: "wait" });
    await context.route(/\/sandbox\/wallets/, (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Nothing</title>" }));
    await page.reload();
    await page.getByText("Apple Pay and Google Pay show here in browsers that have them.").waitFor();
    await moved(page);
  });
}

story("a wallet is one press", async (page, { context }) => {
  await toPayment(page, context);
  await page.frameLocator("[data-wallet-frame]").getByRole("button", { name: /Google Pay/ }).click();
  await page.waitForURL("**/checkout/review");
  assert.match(await text(page.locator("main")), /Google Pay/);
});

story("a redirect leads away to approve, and back to the confirmed order", async (page, { context }) => {
  await toReview(page, context, "redirect:paypal");
  await pressPay(page);
  await page.waitForURL("**/sandbox/approve/**");
  await page.getByRole("button", { name: /^Approve €\d+\.\d\d$/ }).click();
  await page.waitForURL("**/orders/*");
  await isConfirmed(page);
  assert.match(await text(page.locator("main")), /€\d+\.\d\d paid with PayPal/);
});

story("on a narrow screen each day can be pressed and nothing of it is cut", { viewport: PHONE }, async (page, { context }) => {
  await shops(context);
  await page.goto("/checkout/delivery");
  for (const width of [320, 360, 361, 372, 384, 389, 400]) {
    await page.setViewportSize({ width, height: 700 });
    const pressed = await page.locator(".day, .other-days .link").evaluateAll((all) => all.map((el) => {
      const { width, height } = el.getBoundingClientRect();
      const range = document.createRange();
      range.selectNodeContents(el);
      const inside = range.getBoundingClientRect().width;
      return { words: el.innerText, width, height, inside };
    }));
    assert.ok(pressed.length >= 6, "days, and a way to later ones");
    for (const { words, width: wide, height, inside } of pressed) {
      assert.ok(wide >= 44 && height >= 44, `${words}: ${wide} by ${height} at ${width}`);
      assert.ok(inside <= wide, `${words} is cut at ${width}: ${inside} of ${wide}`);
    }
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), `${width} scrolls`);
  }
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
