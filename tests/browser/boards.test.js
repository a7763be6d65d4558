// Boards of the staff: they follow by themselves, they sound for those who want it, and an incident is
// closed with a preview and one click; on a desk and in the hand, with scripts and without.

import assert from "node:assert/strict";
import { faults } from "./support/axe.js";
import { CASH, MILK, SPAGHETTI, order } from "./support/orders.js";
import { DESK, PHONE, eventually, house, mark, openHouse, shopper, stayed, story, text } from "./support/shopper.js";

openHouse();

const SMALL = [[MILK, 12], [SPAGHETTI, 1]];

const signIn = async (page, who) => {
  await page.goto("/staff/sign-in");
  await page.locator("#email").fill(`${who}@demo.test`);
  await page.locator("#password").fill("demo-password");
  await page.locator("main").getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL((url) => !url.pathname.includes("sign-in"));
};
const says = (page, words) => eventually(async () => assert.ok((await text(page.locator("body"))).includes(words), `the page says “${words}”`));

/** The demonstration's own hands let people do it, and there is enough of everything. */
let byHand = false;
const takeOver = async (context) => {
  if (byHand) return;
  byHand = true;
  house.shop.sql(`UPDATE stock SET on_hand = 5000 FROM products p WHERE p.id = product_id AND sku IN ('${MILK}', '${SPAGHETTI}')`);
  for (const what of ["pick", "ride"]) {
    await context.request.post(`${house.shop.address}/sandbox/town`, { form: { what }, headers: { origin: house.shop.address } });
  }
};

/** Somebody orders; gives the order's number. */
const ordered = async (lines = SMALL) => {
  const context = await shopper();
  try {
    await takeOver(context);
    return (await order(context, CASH, lines)).page.split("/").at(-1);
  } finally {
    await context.close();
  }
};

story("the picking queue shows a new order within two seconds, without being loaded again", { viewport: PHONE }, async (page) => {
  await signIn(page, "warehouse");
  await page.goto("/warehouse");
  await mark(page);
  const number = await ordered();
  const begun = Date.now();
  await eventually(async () => assert.ok((await text(page.locator("main"))).includes(number)), 4000);
  assert.ok(Date.now() - begun < 2000, `after ${Date.now() - begun} ms`);
  assert.ok(await stayed(page));
});

story("a board sounds only when it is switched on, and remembers that", async (page) => {
  await signIn(page, "dispatch");
  await page.goto("/dispatch");
  const box = page.getByLabel("Sound for what needs a hand");
  assert.equal(await box.isChecked(), false, "silent at first");
  const calls = (keys) => page.evaluate((keys) => {
    const board = document.querySelector("[data-board]");
    board.dataset.alarm = keys;
    document.dispatchEvent(new CustomEvent("taken-over"));
    return board.dataset.sounded ?? "0";
  }, keys);
  assert.equal(await calls("NoRider-1"), "0", "no sound without the switch");
  await box.check();
  const before = Number(await calls("NoRider-1"));
  assert.equal(Number(await calls("NoRider-1 Late-2")), before + 1, "something new");
  assert.equal(Number(await calls("NoRider-1")), before + 1, "something less");
  await page.reload();
  assert.equal(await box.isChecked(), true, "remembered");
});

story("what a dispatcher is answered stays while the board follows, and goes when it is read", async (page) => {
  const number = await ordered();
  await signIn(page, "dispatch");
  await page.goto("/dispatch");
  await page.evaluate(() => {
    const action = "/dispatch/drops/00000000-0000-7000-8000-000000000000/rider";
    const form = Object.assign(document.createElement("form"), { method: "post", action });
    document.body.append(form);
    form.submit();
  });
  await page.locator("[data-said] .flag").waitFor();
  const answered = (await page.locator("[data-said]").textContent()).trim();
  assert.match(answered, /choose a rider/);
  await mark(page);
  const looked = () => page.evaluate(() => new Promise((done) => {
    document.addEventListener("taken-over", () => done(document.querySelector("[data-said]").textContent.trim()), { once: true });
    window.dispatchEvent(new Event("online"));
  }));
  assert.equal(await looked(), answered, "the board has looked, and what was said stands");
  assert.equal(await looked(), answered);
  assert.ok(number && (await stayed(page)));
  await page.evaluate(() => {
    const was = performance.now.bind(performance);
    performance.now = () => was() + 31000;
    document.querySelector("[data-said]").dataset.said = "ok";
  });
  assert.equal(await looked(), "", "it was there long enough");
});

story("boards go on following while somebody's focus is on their sound switch", async (page) => {
  await signIn(page, "manager");
  const queue = await page.context().newPage();
  for (const [open, address] of [[page, "/dispatch"], [queue, "/warehouse"]]) {
    await open.goto(address);
    await open.locator("[data-sound] input").focus();
    await mark(open);
  }
  const windows = () => text(page.locator("[data-live=windows]"));
  const before = await windows();
  const number = await ordered();
  await eventually(async () => assert.ok((await text(queue.locator("main"))).includes(number), "the queue follows"), 20_000);
  await eventually(async () => assert.notEqual(await windows(), before, "the dispatcher's board follows"), 20_000);
  for (const open of [page, queue]) {
    assert.ok(await stayed(open), "nothing was loaded again");
    assert.ok(await open.evaluate(() => document.activeElement?.matches("[data-sound] input")), "the focus is where it was");
  }
});

story("a label that is scanned opens its order from wherever one stands", { viewport: PHONE }, async (page) => {
  const number = await ordered();
  await signIn(page, "warehouse");
  await page.goto(`/warehouse/orders/${number}`);
  await page.getByRole("button", { name: `Take ${number}` }).click();
  for (let line = 0; line < SMALL.length; line++) await page.getByRole("button", { name: /^Picked/ }).click();
  await page.getByRole("button", { name: "Packed" }).click();
  await says(page, "is packed in");
  await page.getByRole("link", { name: /^Labels of/ }).click();
  assert.ok((await page.getByRole("img", { name: /^Barcode/ }).count()) >= 1);
  // The wedge types wherever the focus is, and ends with Enter.
  await page.locator("h1").click();
  await page.keyboard.type(`${number}-01`);
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/warehouse/orders/${number}`);
  await says(page, "Hand over");
});

story("an incident is closed without scripts, after a look at what it does", { scripts: false }, async (page) => {
  await ordered();
  await signIn(page, "dispatch");
  await page.goto("/dispatch");
  await page.getByRole("link", { name: "Incidents" }).click();
  await page.getByRole("link", { name: "Something has happened" }).click();
  await page.getByLabel("What has happened").selectOption("van_broken");
  await page.getByRole("button", { name: "Show what it would do" }).click();
  await says(page, "What it would do");
  await page.getByRole("button", { name: /^Close it/ }).click();
  await says(page, "It is closed.");
  await page.getByRole("button", { name: "It is over: open the windows again" }).click();
  await says(page, "It is over. Its windows are open again");
});

for (const [scheme, viewport] of [["light", DESK], ["dark", PHONE], ["light", { width: 320, height: 700 }]]) {
  story(`boards stand, ${scheme}, ${viewport.width} px`, { scheme, viewport }, async (page) => {
    const look = async (name) => {
      await page.setViewportSize({ ...viewport, height: Math.max(viewport.height, await page.evaluate(() => document.documentElement.scrollHeight)) });
      // What axe says at 390 px it says at 320.
      if (viewport.width > 320) assert.deepEqual(await faults(page), [], name);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${name} is ${wide} px too wide`);
      assert.equal(await page.locator("h1").count(), 1, `${name}: one main heading`);
      if (process.env.STAFF_SHOTS) await page.screenshot({ path: `${process.env.STAFF_SHOTS}/${name.replaceAll(" ", "-")}-${scheme}-${viewport.width}.png`, fullPage: true });
      await page.setViewportSize(viewport);
    };
    await ordered();
    const number = await ordered();
    await signIn(page, "warehouse");
    await page.goto("/warehouse");
    await look("queue");
    await page.context().clearCookies();
    await signIn(page, "manager");
    await page.goto("/warehouse");
    await page.getByRole("button", { name: "Take several" }).or(page.getByRole("link", { name: "Go on with your walk" })).click();
    await page.waitForURL("**/warehouse/batch");
    await look("walk");
    await page.goto("/dispatch");
    await look("board");
    await page.goto("/dispatch/incidents/new?kind=snow");
    await look("incident form");
    const soon = new Date(Date.now() + 60 * 60_000).toISOString().slice(0, 13);
    const late = new Date(Date.now() + 30 * 60 * 60_000).toISOString().slice(0, 13);
    await page.goto(`/dispatch/incidents/new?kind=snow&from=${soon}:00&to=${late}:00`);
    await look("incident preview");
    await page.getByRole("button", { name: /^Close it/ }).click();
    await look("incident");
    await page.goto(`${new URL(page.url()).pathname}/orders/${number}`);
    await says(page, "Ring first");
    await look("order to move");
    await page.goto("/dispatch/incidents");
    await look("incidents");
    await page.getByRole("link", { name: "Snow or ice" }).first().click();
    await page.getByRole("button", { name: "It is over: open the windows again" }).click();
    await page.goto("/staff/reset");
    await look("reset");
  });
}
