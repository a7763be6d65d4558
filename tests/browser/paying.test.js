// Paying again on an order's own page: one thing to do, one sentence about the money, and a refusal that stays.

import assert from "node:assert/strict";
import { DESK, PHONE, eventually, house, mark, openHouse, stayed, story, text } from "./support/shopper.js";
import { saysNo, walletsStandInOneRow } from "./support/pages.js";
import { CARDS, CASH, order } from "./support/orders.js";

openHouse();

const LINES = [["BB-FBR-008", 2], ["DE-BUT-002", 2], ["DE-CHE-001", 1], ["PP-RIC-011", 2], ["HC-PAP-006", 2]];
const heading = (page) => text(page.locator("#state"));
const places = async (context, paying) => {
  await saysNo(context);
  return (await order(context, paying, LINES)).page;
};
const post = (context, path, form, follows = {}) => context.request.post(`${house.shop.address}${path}`, { form, headers: { origin: house.shop.address, referer: house.shop.address }, ...follows });
const version = (page) => page.locator("[data-live=order-fresh]").getAttribute("data-version");
const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.getAttribute("aria-labelledby"));

/** For each way: the button and the one sentence beneath it that are seen. */
const saysOneThing = async (page) => {
  const words = { reserved: /reserved|Reserved/, "at-once": /^It opens for you to approve/, "at-door": /Nothing is charged now\.$/ };
  const radios = page.locator("#pay-again input[name=way]");
  const count = await radios.count();
  assert.ok(count >= 4, `${count} ways`);
  for (let i = 0; i < count; i++) {
    await radios.nth(i).check();
    const kind = await radios.nth(i).getAttribute("data-sum");
    const seen = page.locator("#pay-again p.by").filter({ visible: true });
    assert.equal(await seen.count(), 1, `${kind}: one sentence`);
    assert.match(await text(seen), words[kind]);
    assert.equal(await page.locator("[data-go] .by").filter({ visible: true }).count(), 1, `${kind}: one sum on the button`);
  }
};

story("of the sentences about the money the one of the chosen way is seen", async (page, { context }) => {
  await page.goto(await places(context, CARDS.declined));
  await saysOneThing(page);
  await page.setViewportSize(PHONE);
  await saysOneThing(page);
});

story("the wallets stand in one row on an order's page, too, and nothing of them is cut off", { viewport: DESK }, async (page, { context }) => {
  await page.goto(await places(context, CARDS.declined));
  await walletsStandInOneRow(page);
  const frame = page.locator("[data-wallet-frame]");
  assert.ok((await frame.evaluate((el) => el.contentDocument.body.scrollHeight - el.clientHeight)) <= 0);
});

story("without scripts too", { scripts: false }, async (page, { context }) => {
  await page.goto(await places(context, CARDS.declined));
  await saysOneThing(page);
});

story("an order that is not paid has a calm header, and on a phone the form comes right below the answer with its bar", { viewport: PHONE }, async (page, { context }) => {
  await page.goto(await places(context, CARDS.declined));
  await page.locator("header.top.checkout").waitFor();
  for (const menu of ["search", "nav.depts", ".place", "[data-live=basket]"]) assert.equal(await page.locator(menu).count(), 0, menu);
  assert.equal(await page.getByRole("link", { name: "Tell the rider something" }).count(), 0);
  const below = await page.evaluate(() => document.querySelector("[data-live=order]").nextElementSibling.contains(document.getElementById("pay-again")));
  assert.ok(below, "the form is the next thing below the answer");
  await page.getByLabel("Cash at the door").check();
  const bar = page.locator(".bar").getByRole("button");
  assert.match(await text(bar), /^Pay €\d+\.\d\d at the door$/);
  assert.ok((await bar.boundingBox()).y < PHONE.height, "the bar is in sight");
  await mark(page);
  await bar.click();
  await eventually(async () => assert.match(await heading(page), /^Order confirmed/), 15000);
  assert.ok(await stayed(page), "the page was loaded again");
  assert.equal(await page.locator(".bar").count(), 0);
  await page.getByRole("link", { name: "Tell the rider something" }).waitFor();
});

// The sandbox's own page brings no icon: 404.
story("another service is gone to from the page in place, and one comes back", { expected: [404] }, async (page, { context }) => {
  const path = await places(context, CARDS.declined);
  await page.goto(path);
  await page.getByLabel("PayPal").check();
  await page.locator("#pay-again [data-go]").click();
  await page.waitForURL("**/sandbox/approve/**");
  await page.getByRole("button", { name: /approve/i }).first().click();
  await page.waitForURL(`**${path}`);
  await eventually(async () => assert.match(await heading(page), /^Order confirmed/), 15000);
});

story("a refused password is said until the next act, whatever happens to the order", async (page, { context }) => {
  const path = await places(context, CASH);
  await page.goto(path);
  await page.locator("#password").fill("short");
  await page.getByRole("button", { name: "Make an account" }).click();
  await page.getByRole("heading", { name: "There is a problem" }).waitFor();
  const stands = async () => {
    assert.match(await page.title(), /^Error: /);
    await page.getByRole("link", { name: /too short/ }).waitFor();
    assert.match(await text(page.locator("#password-wrong")), /too short/);
    assert.equal(await page.locator("#password").getAttribute("aria-invalid"), "true");
  };
  await stands();
  assert.equal(await focused(page), "problem");
  await eventually(async () => assert.match(await text(page.locator(".fresh")), /^Live/), 15000);
  const before = await version(page);
  await post(context, `${path}/instructions`, { phone: "086 123 4567", note: "ring twice", leave_at: "", gate_code: "" });
  await eventually(async () => assert.notEqual(await version(page), before), 15000);
  await stands();
  await page.getByRole("link", { name: /too short/ }).click();
  assert.equal(await focused(page), "password");
  await page.locator("#password").fill("three green apples");
  await page.getByRole("button", { name: "Make an account" }).click();
  await page.getByText("Look into your mail: one press").waitFor();
  assert.doesNotMatch(await page.title(), /^Error: /);
});

story("a refused card is a problem with a link to its field", async (page, { context }) => {
  const path = await places(context, CARDS.declined);
  assert.equal((await post(context, `${path}/payments`, { way: "card" }, { maxRedirects: 0 })).status(), 303);
  await page.goto(path);
  assert.match(await page.title(), /^Error: /);
  assert.equal(await focused(page), "problem");
  assert.match(await text(page.locator("#card-wrong")), /^The card’s details did not reach the payment service\./);
  assert.ok(await page.getByLabel("Another card").isChecked());
  await page.getByRole("link", { name: /did not reach/ }).click();
  assert.equal(await focused(page), "card");
});

story("without scripts a refused choice is said as well", { scripts: false, viewport: DESK }, async (page, { context }) => {
  await page.goto(await places(context, CARDS.declined));
  await page.getByLabel("Another card").check();
  await page.locator("#pay-again [data-go]").click();
  assert.match(await page.title(), /^Error: /);
  assert.equal(await page.getByRole("link", { name: /did not reach the payment service/ }).count(), 1);
  assert.match(await text(page.locator("#card-wrong")), /^The card’s details did not reach/);
});
