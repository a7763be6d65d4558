// C1: what delivery costs and when it comes, before anything else.

import assert from "node:assert/strict";
import { DESK, PHONE, eventually, mark, openHouse, stayed, story, text } from "./support/shopper.js";
import { BASKET, DEPARTMENT, HOME, PRODUCT, SEARCH, fillBasket, livesAt, noticeIs, pill, pillShows, saidIs, sayPlace } from "./support/pages.js";

openHouse();

const ANSWER_MS = 300;
const RATHMINES = { latitude: 53.3224, longitude: -6.2654 };
const GALWAY = { latitude: 53.2719, longitude: -9.0489 };
const WINDOW = /(today|tonight|tomorrow|\w{3} \d+ \w{3}) (by )?\d\d:\d\d/i;

/** Milliseconds from the press on the form's button until the header shows another place. */
const timeToAnswer = (page, form) =>
  page.evaluate((selector) => new Promise((resolve) => {
    const shown = () => document.querySelector("[data-live=place] .deal")?.closest("summary").textContent;
    const before = shown();
    const start = performance.now();
    document.querySelector(selector).querySelector("button").click();
    const look = () => (shown() && shown() !== before ? requestAnimationFrame(() => resolve(performance.now() - start)) : requestAnimationFrame(look));
    look();
  }), form);

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

story("an Eircode on the home page shows fee, minimum, free-from and the next free window", async (page) => {
  await page.goto(HOME);
  await mark(page);
  await page.getByLabel("Your Eircode, district or area").fill("d06 x4p7");
  await page.getByRole("button", { name: "Show fee and times" }).click();
  await eventually(async () => {
    const here = await text(page.locator("[data-live=here]"));
    for (const words of ["Next free time in Rathmines", "Delivery €2.90", "Free from €60.00", "Order from €25.00"]) assert.ok(here.includes(words), `${words}: ${here}`);
    assert.match(here, /(Today|Tomorrow), \w{3} \d+ \w{3}, \d\d:00–\d\d:00|Tonight, by \d\d:\d\d|\w{3} \d+ \w{3}/);
  });
  await pillShows(page, "Rathmines", "D06", "€2.90");
  assert.match(await text(pill(page).locator("summary")), WINDOW);
  await saidIs(page, /Delivery to Rathmines, D06 is €2\.90/);
  assert.ok(await stayed(page), "the page was loaded again");
});

story("the answer to a place is there within 300 ms", async (page, { t }) => {
  await page.goto(HOME);
  await page.locator("#where").fill("D06");
  const times = [await timeToAnswer(page, ".hero form")];
  for (const place of ["D15", "Clontarf", "D04 X285", "Tallaght"]) {
    await pill(page).locator("summary").click();
    await page.locator("#place").fill(place);
    times.push(await timeToAnswer(page, "[data-live=place] form"));
  }
  t.diagnostic(`click to fee: ${times.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  assert.ok(median(times) < ANSWER_MS, `it took ${times} ms`);
});

for (const [name, address] of [["a department", DEPARTMENT], ["a product", PRODUCT], ["the search", SEARCH], ["the empty basket", BASKET], ["the times", "/delivery"]]) {
  for (const viewport of [PHONE, DESK]) {
    story(`the place is said from ${name}'s header at ${viewport.width} px, and the page stays`, { viewport }, async (page) => {
      await page.goto(address);
      await mark(page);
      await sayPlace(page, "Rathmines");
      await pillShows(page, "Rathmines", "€2.90");
      await saidIs(page, /Delivery to Rathmines/);
      assert.ok(await stayed(page), "the page was loaded again");
      await page.goto(HOME);
      await pillShows(page, "Rathmines", "€2.90");
    });
  }
}

story("another place changes fee, total and times on the page one is on", async (page, { context }) => {
  await livesAt(context, "D06");
  await fillBasket(context, [["DE-MIL-007", 2]]);
  const totals = page.locator("[data-live=basket-page] dl.totals");
  await page.goto(BASKET);
  await mark(page);
  assert.match(await text(totals), /Delivery to Rathmines, D06 €2\.90/);
  const before = await text(totals.locator(".sum dd"));
  await sayPlace(page, "D24");
  await pillShows(page, "D24", "€4.90");
  await eventually(async () => assert.match(await text(totals), /D24 €4\.90/));
  assert.notEqual(await text(totals.locator(".sum dd")), before, "the total stayed");
  assert.ok(await stayed(page), "the page was loaded again");

  await page.goto("/delivery");
  await mark(page);
  assert.match(await text(page.locator("#times")), /D24/);
  await sayPlace(page, "D06");
  await eventually(async () => assert.match(await text(page.locator("#times")), /Rathmines/));
  assert.match(await text(page.locator("[data-live=times]")), /Today|Tomorrow/);
  assert.ok(await stayed(page), "the page was loaded again");
});

story("the location of a phone in Dublin 6 shows its fee", { viewport: PHONE, position: RATHMINES }, async (page) => {
  await page.goto(HOME);
  await mark(page);
  await page.locator(".hero").getByRole("button", { name: "Use my location" }).click();
  await pillShows(page, "D06", "€2.90");
  assert.ok(await stayed(page), "the page was loaded again");
});

story("the location of a phone in Galway is outside, and says so", { viewport: PHONE, position: GALWAY }, async (page) => {
  await page.goto(DEPARTMENT);
  await pill(page).locator("summary").click();
  await pill(page).getByRole("button", { name: "Use my location" }).click();
  await page.waitForURL(/\/place\?/);
  assert.match(await text(page.locator("h1")), /We do not come to .* yet/);
});

story("a browser that keeps its location to itself gets the field instead", { viewport: PHONE }, async (page) => {
  await page.goto(HOME);
  await page.locator(".hero").getByRole("button", { name: "Use my location" }).click();
  await saidIs(page, /did not tell us where you are/);
  assert.match(await text(page.locator(".hero")), /Type your Eircode or area instead/);
});

story("without scripts nobody is offered what needs them", { scripts: false }, async (page) => {
  await page.goto(HOME);
  assert.equal(await page.getByRole("button", { name: "Use my location" }).count(), 0);
});

for (const scripts of [true, false]) {
  const how = scripts ? "with scripts" : "without scripts";

  story(`Bray is outside, the nearest place is offered and taken, ${how}`, { scripts }, async (page) => {
    await page.goto(HOME);
    await page.locator("#where").fill("Bray");
    await page.getByRole("button", { name: "Show fee and times" }).click();
    await page.waitForURL(/\/place\?place=Bray/);
    assert.equal(await text(page.locator("h1")), "We do not come to Bray yet");
    assert.match(await text(page.locator(".place-answer")), /nearest place we deliver to is .+D18/);
    await page.locator(".place-answer form button").first().click();
    await page.waitForURL(HOME);
    await pillShows(page, "D18", "€");
    await noticeIs(page, /Delivery to .*D18 is €/);
  });

  story(`an unknown place is said back and can be typed again, ${how}`, { scripts }, async (page) => {
    await page.goto(HOME);
    await page.locator("#where").fill("Xyzzy");
    await page.getByRole("button", { name: "Show fee and times" }).click();
    await page.waitForURL(/\/place\?place=Xyzzy/);
    assert.equal(await text(page.locator("h1")), "We do not know “Xyzzy”");
    assert.equal(await page.locator("#where").inputValue(), "Xyzzy");
    await page.locator("#where").fill("Rathmines");
    await page.getByRole("button", { name: "Show fee and times" }).click();
    await page.waitForURL(HOME);
    await pillShows(page, "Rathmines", "€2.90");
  });

  story(`a wish keeps a mistyped address, says what is wrong, and is noted when right, ${how}`, { scripts, expected: [422] }, async (page) => {
    await page.goto("/place?place=Bray");
    await page.locator("#email").fill("nora.example.com");
    await page.getByRole("button", { name: "Tell me" }).click();
    await page.locator("#email-wrong").waitFor();
    assert.match(await page.title(), /^Error: /);
    const email = page.locator("#email");
    assert.equal(await email.inputValue(), "nora.example.com");
    assert.equal(await email.getAttribute("aria-invalid"), "true");
    assert.match(await email.getAttribute("aria-describedby"), /email-wrong/);
    assert.match(await text(page.locator("#email-wrong")), /such as name@example\.com/);
    await email.fill("nora@example.com");
    await page.getByRole("button", { name: "Tell me" }).click();
    await page.waitForURL(HOME);
    await noticeIs(page, /Noted\. We write to you when we come to your place/);
  });
}

story("from the page of an unknown place the header's field still confirms what it found", async (page) => {
  await page.goto("/place?place=Xyzzy");
  await sayPlace(page, "D06");
  await page.waitForURL(HOME);
  await pillShows(page, "Rathmines", "€2.90");
  await noticeIs(page, /Delivery to Rathmines/);
});
