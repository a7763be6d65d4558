// An account: asked for by letter, used on two devices, by keyboard, on a small screen, without scripts.

import assert from "node:assert/strict";
import { faults } from "./support/axe.js";
import { DESK, PHONE, eventually, house, openHouse, quiet, shopper, story, text } from "./support/shopper.js";
import { PASSWORD, fill, linkIn, press, signUp, somebody } from "./support/accounts.js";
import { BASKET, DEPARTMENT, HOME, fillBasket, livesAt, noticeIs } from "./support/pages.js";

openHouse();

const MILK = "DE-MIL-007";

const signIn = async (page, email, password = PASSWORD) => {
  await page.goto("/signin");
  await fill(page, { email, password });
  await press(page, "Sign in");
};

// A letter's frame runs no scripts, so nothing can look into it.
const findsNothing = async (page, where) => assert.deepEqual(await faults(page, { exclude: "iframe" }), [], where);

const fits = async (page, where) => {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${where} is ${wide} px too wide`);
};

story("an account is made by letter, and the basket is there on another device", async (page, { context }) => {
  const email = somebody();
  await livesAt(context, "D06");
  await fillBasket(context, [[MILK, 2]]);
  await signUp(page, context, email);
  await noticeIs(page, /Your account is ready/);
  assert.match(await text(page.locator("main")), new RegExp(`Mail address: ${email}`));
  assert.match(await text(page.locator("[data-live=account]")), /Your account/);

  const phone = await shopper({ viewport: PHONE });
  await fillBasket(phone, [["DE-CHE-001", 1]]);
  const there = await phone.newPage();
  await there.goto(DEPARTMENT);
  await there.locator("[data-live=account]").click();
  await fill(there, { email, password: PASSWORD });
  await press(there, "Sign in");
  await there.waitForURL(`**${DEPARTMENT}`);
  await noticeIs(there, /You are signed in\. Added to your basket: /);
  await there.goto(BASKET);
  await page.goto(BASKET);
  assert.equal(await text(page.locator("dl.totals .sum dd").first()), await text(there.locator("dl.totals .sum dd").first()));
  assert.deepEqual(phone.complaints, []);
  await phone.close();
});

story("a refused form has a summary in focus, links to its fields, and keeps what was typed", { expected: [422] }, async (page) => {
  await page.goto("/signup");
  await fill(page, { email: "nora", password: "short" });
  await press(page, "Make an account");
  await page.getByRole("heading", { name: "There is a problem" }).waitFor();
  assert.match(await page.title(), /^Error: /);
  assert.equal(await page.evaluate(() => document.activeElement.matches("[data-focus]")), true);
  await page.getByRole("link", { name: /too short/ }).click();
  assert.equal(await page.evaluate(() => document.activeElement.id), "password");
  assert.equal(await page.locator("#email").inputValue(), "nora");
  assert.equal(await page.locator("#password").inputValue(), "");
  for (const id of ["email", "password"]) {
    assert.equal(await page.locator(`#${id}`).getAttribute("aria-invalid"), "true");
    assert.ok((await page.locator(`#${id}`).getAttribute("aria-describedby")).includes(`${id}-wrong`));
  }
  await findsNothing(page, "a refused sign-up");
});

story("a field is checked when it is left, not while it is typed into, and its message goes when it is right", async (page) => {
  await page.goto("/signup");
  const wrong = page.locator("#email-wrong");
  await page.locator("#email").pressSequentially("nora@");
  assert.equal(await wrong.isVisible(), false);
  await page.keyboard.press("Tab");
  assert.match(await text(wrong), /Enter a mail address such as/);
  await page.locator("#email").focus();
  await page.keyboard.press("End");
  await page.keyboard.type("example.com");
  assert.equal(await wrong.isVisible(), false);
  assert.equal(await page.locator("#email").getAttribute("aria-invalid"), null);
});

story("a wrong password is said, the right one works, and signing out empties the browser's basket", { expected: [422] }, async (page, { context }) => {
  const email = somebody();
  await signUp(page, context, email);
  await fillBasket(context, [[MILK, 1]]);
  await page.goto("/account");
  await press(page, "Sign out");
  await noticeIs(page, /You are signed out/);
  await page.goto(BASKET);
  assert.match(await text(page.locator("main")), /Your basket is empty/);
  await signIn(page, email, "not the one");
  await page.getByRole("heading", { name: "There is a problem" }).waitFor();
  assert.match(await text(page.locator(".note.bad")), /do not go together/);
  await page.locator("#password").fill(PASSWORD);
  await press(page, "Sign in");
  await page.goto(BASKET);
  assert.match(await text(page.locator("[data-live=basket-page]")), /1 item /);
});

story("a new password comes by letter", async (page, { context }) => {
  const email = somebody();
  await signUp(page, context, email);
  await press(page, "Sign out");
  await page.goto("/signin");
  await page.getByRole("link", { name: "Forgotten your password?" }).click();
  await page.locator("#email").fill(email);
  await press(page, "Send me a link");
  await page.getByText("If there is an account with").waitFor();
  await eventually(async () => assert.match(await linkIn(context, email), /^\/reset\//));
  await page.goto(await linkIn(context, email));
  await page.locator("#password").fill("four yellow pears");
  await press(page, "Set the password");
  await page.waitForURL("**/account");
  await noticeIs(page, /Your password is changed/);
});

story("everything works by keyboard alone and without scripts", { scripts: false }, async (page, { context }) => {
  const email = somebody();
  await page.goto("/signup");
  await page.locator("#email").focus();
  await page.keyboard.type(email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Look into your mail" }).waitFor();
  await page.goto(await linkIn(context, email));
  await page.getByRole("button", { name: "Finish your account" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/account");
  await page.locator("#name").fill("Nora Byrne");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/account");
  assert.equal(await page.locator("#name").inputValue(), "Nora Byrne");
});

story("guests go first on the way to the checkout", async (page) => {
  await page.goto("/signin?return=/checkout/delivery");
  const guest = page.getByRole("link", { name: "Continue as guest" });
  assert.equal(await guest.getAttribute("href"), "/checkout/delivery");
  assert.ok((await guest.boundingBox()).y < (await page.locator("#email").boundingBox()).y);
  assert.equal(await page.locator("main .btn.main").count(), 1);
});

for (const [scheme, viewport] of [["light", DESK], ["dark", PHONE]]) {
  story(`axe finds nothing on the pages of an account, ${scheme}, ${viewport.width} px`, { scheme, viewport, expected: [410, 422] }, async (page, { context }) => {
    for (const address of ["/signin", "/signin?return=/checkout/delivery", "/signup", "/reset", "/reset/x", "/signup/x", "/sandbox/mail"]) {
      await page.goto(address);
      await findsNothing(page, address);
      assert.equal(await page.locator("h1").count(), 1, address);
    }
    await signUp(page, context, somebody());
    await findsNothing(page, "/account");
    await page.locator("#phone").fill("call me");
    await press(page, "Keep these details");
    await findsNothing(page, "/account, refused");
    await page.goto("/sandbox/mail");
    await page.locator(".letters a").first().click();
    await findsNothing(page, "a letter");
  });
}

story("nothing is too wide at 320 px", { viewport: { width: 320, height: 640 }, expected: [410] }, async (page, { context }) => {
  await fillBasket(context, [[MILK, 2]]);
  for (const address of [HOME, "/signin?return=/checkout/delivery", "/signup", "/reset", "/reset/x", "/sandbox/mail"]) {
    await page.goto(address).catch(() => {});
    await fits(page, address);
  }
  await signUp(page, context, somebody());
  await quiet(page);
  await fits(page, "/account");
  await page.goto("/signup").catch(() => {});
  await page.goto("/sandbox/mail");
  await page.locator(".letters a").first().click();
  await fits(page, "a letter");
});
