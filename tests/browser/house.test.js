// X1 behind the counter: axe finds nothing on any page that an order's life is made of, in either
// scheme, at a desk and in the hand, and none is wider than its screen.

import assert from "node:assert/strict";
import { faults } from "./support/axe.js";
import { DESK, PHONE, openHouse, shopper, story } from "./support/shopper.js";
import { saysNo } from "./support/pages.js";
import { CASH, CHEDDAR, MILK, order } from "./support/orders.js";
import { button, onlyRider, signIn, takeOverByHand } from "./support/staff.js";

openHouse();

const findsNothing = async (page, where) => assert.deepEqual(await faults(page), [], where);

/**
 * In both schemes and widths, each once: colours hang on the scheme alone. In a window as high as the page nothing
 * lies under the bars that stay in sight.
 */
const look = async (page, where) => {
  for (const [{ width, height }, colorScheme] of [[PHONE, "light"], [DESK, "dark"]]) {
    await page.setViewportSize({ width, height });
    const whole = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width, height: Math.max(height, whole) });
    await page.emulateMedia({ colorScheme });
    await findsNothing(page, `${where}, ${colorScheme}, ${width} px`);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 0, `${where} is ${over} px too wide at ${width}`);
    assert.equal(await page.locator("h1").count(), 1, `${where}: one main heading`);
  }
};

const visit = async (page, address, where = address) => {
  await page.goto(address);
  await look(page, where);
};

/** Somebody of the house with a browser of their own. */
const colleague = async (t, email) => {
  const context = await shopper({ viewport: PHONE });
  t.after(() => context.close());
  const page = await context.newPage();
  await signIn(page, email);
  return page;
};

story("axe finds nothing on the pages of an order's life", async (page, { context, t }) => {
  await saysNo(context);
  await takeOverByHand(context);
  onlyRider("rider@demo.test");
  const [picker, board, rider] = [await colleague(t, "warehouse@demo.test"), await colleague(t, "dispatch@demo.test"), await colleague(t, "rider@demo.test")];
  await visit(picker, "/warehouse", "an empty queue");
  await visit(rider, "/rider", "an empty run");

  const { page: path } = await order(context, CASH, [[MILK, 12], [CHEDDAR, 4]]);
  const here = `/warehouse/orders/${path.split("/").at(-1)}`;
  await visit(picker, "/warehouse", "the queue");
  await visit(picker, here, "an order nobody has in hand");
  await button(picker, /^Take [0-9A-Z]/).click();
  await look(picker, "a line");
  await visit(picker, `${here}?line=1`, "the first line");
  await visit(picker, `${here}?line=2`, "the second line");
  await visit(picker, `${here}/lines/1/short`, "what is short");
  await visit(page, path, "an order that is being picked");

  await picker.goto(here);
  for (let n = 0; n < 2; n++) {
    const grams = picker.locator("#grams");
    if ((await grams.count()) > 0) await grams.fill("790");
    await button(picker, /^(Picked \d+|Take this weight)$/).click();
    await picker.getByText(`${n + 1} of 2 lines done`).first().waitFor();
  }
  await look(picker, "packing");
  await button(picker, "Packed").click();
  await picker.getByText("that is what the customer pays").waitFor();
  await look(picker, "packed");
  for (const [address, where] of [[`${here}/labels`, "labels"], ["/warehouse?show=packed", "what waits to leave"], ["/warehouse/stock", "stock"], [`/warehouse/stock/${MILK}`, "a shelf"]]) await visit(picker, address, where);

  await visit(board, "/dispatch", "the board");
  await visit(rider, "/rider", "a run");
  await rider.getByRole("link", { name: /Leinster Road/ }).first().click();
  await button(rider, "On the way").waitFor();
  await look(rider, "a drop");
  await button(rider, "On the way").click();
  await rider.locator("[data-live=state]", { hasText: "On the way" }).waitFor();
  await look(rider, "a drop on the way");
  await visit(page, path, "an order on the way");
  for (const rest of ["/instructions", "/receipt"]) await visit(page, path + rest, rest);

  await rider.locator("details", { hasText: "Could not deliver" }).locator("summary").click();
  await rider.locator("#reason").selectOption("nobody_there");
  await button(rider, "Could not deliver").click();
  await rider.waitForURL("**/rider");
  await visit(board, "/dispatch", "the board with something to decide");
  await visit(page, path, "an order that was not delivered");
  await visit(page, `${path}/window`, "another time");
  await visit(page, "/track");
});
