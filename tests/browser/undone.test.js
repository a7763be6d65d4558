// What the shop has tried in vain: staff are led there, read why, and have it tried once more; with scripts and
// without, on a desk and in the hand.

import assert from "node:assert/strict";
import { faults } from "./support/axe.js";
import { CASH, order } from "./support/orders.js";
import { DESK, PHONE, eventually, house, openHouse, story, text } from "./support/shopper.js";
import { saysNo } from "./support/pages.js";
import { button, signIn, takeOverByHand } from "./support/staff.js";

openHouse();

const PATIENCE = 20_000;

/** Both schemes, a desk and a phone; nothing too wide on the narrowest of screens. */
const look = async (page, where) => {
  for (const [{ width, height }, schemes] of [[DESK, ["dark"]], [PHONE, ["light"]], [{ width: 320, height: 640 }, []]]) {
    await page.setViewportSize({ width, height: Math.max(height, await page.evaluate(() => document.documentElement.scrollHeight)) });
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await faults(page), [], `${where}, ${colorScheme}, ${width} px`);
      if (process.env.PAGE_SHOTS) await page.screenshot({ path: `${process.env.PAGE_SHOTS}/${where.replace(/\W+/g, "-")}-${colorScheme}-${width}.png`, fullPage: true });
    }
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 0, `${where} is ${over} px too wide at ${width}`);
    assert.equal(await page.locator("h1").count(), 1, `${where}: one main heading`);
  }
  await page.setViewportSize(DESK);
};

const letterGivenUp = () => house.shop.sql(`INSERT INTO outgoing_mail (id, dedupe, to_address, subject, text, html, secret, made_at, due_at, tries, failed)
  VALUES (gen_random_uuid(), 'a letter ' || gen_random_uuid(), 'nora@example.com', 'Your order is confirmed', 'Hello', '<p>Hello</p>', false, now() - interval '1 day', now(), 9, '550 <nora@example.com>: no such mailbox')`);

/** The first event of an order's log that leaves a letter to be written gets another job, which has failed. */
const jobGivenUp = (number) => house.shop.sql(`WITH e AS (INSERT INTO events (topic, subject, kind, detail, actor, happened_at)
    SELECT 'order', id, 'order_confirmed', '{"kind": "order_confirmed"}', 'system', now() FROM orders WHERE number = '${number.replace("-", "")}' OR number = '${number}' RETURNING id)
  INSERT INTO outbox (event_id, consumer, due_at, tries, failed, last_error) SELECT id, 'notifications', now(), 13, 'the disk is full', 'the disk is full' FROM e`);

story("what was given up is seen from board and desk, with its reason, and is tried once more", async (page, { context }) => {
  await saysNo(context);
  await takeOverByHand(context);
  const number = (await order(context, CASH)).page.split("/").at(-1);
  await signIn(page, "manager@demo.test");
  await page.goto("/staff/undone");
  await page.getByRole("heading", { name: "Nothing was given up" }).waitFor();
  await look(page, "nothing undone");
  letterGivenUp();
  jobGivenUp(number);
  await page.goto("/support");
  await page.getByRole("link", { name: "2 things were given up" }).waitFor();
  await page.goto("/dispatch");
  await page.getByRole("link", { name: "2 things were given up" }).click();
  await page.getByRole("heading", { name: "2 things were given up" }).waitFor();
  const main = () => text(page.locator("main"));
  for (const words of [number, "A letter was not written", "after 13 tries", "the disk is full"]) assert.ok((await main()).includes(words), words);
  await look(page, "a job given up");
  await button(page, `Try again: A letter was not written, ${number}`).click();
  await page.getByText("It is tried once more, now.").first().waitFor();
  await eventually(async () => {
    await page.goto("/staff/undone");
    assert.match(await main(), /1 thing was given up/);
  }, PATIENCE);

  await page.getByRole("link", { name: "Letters given up" }).click();
  assert.match(await main(), /no such mailbox/);
  assert.doesNotMatch(await main(), /nora@/, "nobody's address");
  await look(page, "a letter given up");
  await button(page, "Try again: Your order is confirmed").click();
  await eventually(async () => {
    await page.goto("/sandbox/mail?to=nora%40example.com");
    assert.match(await main(), /Your order is confirmed/);
  }, PATIENCE);
  await page.goto("/staff/undone?show=letters");
  assert.match(await main(), /Nothing was given up/);
});

story("what was given up is tried once more without scripts", { scripts: false }, async (page) => {
  letterGivenUp();
  await signIn(page, "support@demo.test");
  await page.goto("/staff");
  await page.getByRole("link", { name: "1 thing was given up" }).click();
  await page.getByRole("link", { name: "Letters given up" }).click();
  await button(page, "Try again: Your order is confirmed").click();
  await page.getByText("It is tried once more, now.").first().waitFor();
});
