// An outside carrier, as dispatcher, carrier and customer see it: booked on the board, driven by hand on the
// sandbox's page, followed on the order's own.

import assert from "node:assert/strict";
import { faults } from "./support/axe.js";
import { DESK, PHONE, eventually, house, openHouse, shopper, story, text } from "./support/shopper.js";
import { saysNo } from "./support/pages.js";
import { CARDS, order } from "./support/orders.js";

openHouse();


const findsNothing = async (page, where) => assert.deepEqual(await faults(page), [], where);
const fits = async (page, where) => {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${where} is ${wide} px too wide`);
};
/** Both widths, both schemes: no complaint of axe; nothing too wide, at 320 px neither. */
const standsEverywhere = async (page, where) => {
  for (const [viewport, colorScheme] of [[PHONE, "light"], [DESK, "dark"]]) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await findsNothing(page, `${where} at ${viewport.width}, ${colorScheme}`);
    await fits(page, `${where} at ${viewport.width}`);
  }
  await page.setViewportSize({ width: 320, height: 640 });
  await fits(page, `${where} at 320`);
  await page.setViewportSize(DESK);
};
const says = (page, words, patience) => eventually(async () => assert.ok((await text(page.locator("main"))).includes(words), `the page says “${words}”`), patience);

/** A form of the staff's, sent as its page would. */
const sends = async (context, path, form) => {
  const headers = { origin: house.shop.address, referer: `${house.shop.address}/staff` };
  const answer = await context.request.post(`${house.shop.address}${path}`, { form, headers, maxRedirects: 0 });
  assert.equal(answer.status(), 303, `${path}: ${answer.status()} ${(await answer.text()).slice(0, 300)}`);
  return answer.headers().location;
};

/** Picked line by line and packed, by an admin's own hands. */
const packs = async (context, path) => {
  await sends(context, `${path}/picking`, {});
  for (let step = 0; step < 20; step++) {
    const html = await (await context.request.get(`${house.shop.address}${path}`)).text();
    const line = html.match(/id="picked" action="[^"]*\/lines\/(\d+)\/pick"/)?.[1];
    if (!line) break;
    const units = html.match(/id="units" name="units" type="number" min="1" max="(\d+)"/)?.[1] ?? "1";
    await sends(context, `${path}/lines/${line}/pick`, { units });
  }
  await sends(context, `${path}/packing`, { ambient: "1", chilled: "1" });
};

story("a dispatcher books a carrier, whose words turn the customer's page", async (page, { context }) => {
  for (const what of ["pick", "ride"]) await sends(context, "/sandbox/town", { what });
  await saysNo(context);
  const { page: mine } = await order(context, CARDS.visa);
  const number = mine.split("/").pop();
  const staff = await shopper({ viewport: DESK });
  try {
    const desk = await staff.newPage();
    await sends(staff, "/staff/sign-in", { email: "admin@demo.test", password: "demo-password" });
    house.shop.sql("UPDATE riders SET on_shift = false");
    await eventually(async () => assert.equal(house.shop.sql("SELECT count(*) FROM fulfilments"), "1"));
    await packs(staff, `/warehouse/orders/${number}`);

    await desk.goto("/dispatch");
    await standsEverywhere(desk, "the board with a carrier to choose");
    await desk.getByRole("button", { name: `Book this carrier for ${number}` }).click();
    await says(desk, "Sandbox carrier is asked to bring it.");
    await eventually(async () => {
      await desk.goto("/dispatch");
      assert.match(await text(desk.locator("main")), /Sandbox carrier, SB-/);
    });
    await standsEverywhere(desk, "the board with a booking");
    const [label] = await Promise.all([desk.waitForEvent("download"), desk.getByRole("link", { name: `Label for ${number}` }).click()]);
    assert.equal(label.suggestedFilename(), "label.pdf");

    await page.goto(mine);
    await says(page, "Sandbox carrier brings your order");
    await says(page, "Tracking number SB-");
    await standsEverywhere(page, "an order that a carrier brings");
    const van = await staff.newPage();
    await van.goto("/sandbox/carrier");
    await standsEverywhere(van, "the sandbox carrier");
    await van.getByRole("button", { name: "Drive it by hand" }).click();
    await van.getByRole("button", { name: `A state nobody knows: ${number}` }).click();
    await van.getByRole("button", { name: `On the way: ${number}` }).click();
    await says(page, "On the way");
    await eventually(async () => {
      await desk.goto("/dispatch/carriers");
      assert.match(await text(desk.locator("main")), /Sandbox carrier: “teleported”/);
    });
    await standsEverywhere(desk, "carriers");
    await desk.getByRole("button", { name: /^Take “teleported” about SB-/ }).click();
    await says(desk, "Nothing to look at");
    await van.getByRole("button", { name: `Delivered: ${number}` }).click();
    await says(page, "Delivered");
    await van.getByRole("link", { name: /^SB-/ }).first().click();
    await standsEverywhere(van, "a shipment's page");
    assert.deepEqual(staff.complaints, [], "the browser complained");
  } finally {
    await staff.close();
  }
});
