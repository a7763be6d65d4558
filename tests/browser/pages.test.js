// X1 from end to end: every address that answers with a page is looked at by axe, in both schemes, at a desk
// and in the hand. Those that no other story looks at are looked at here.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { DESK, PHONE, eventually, house, openHouse, shopper, story } from "./support/shopper.js";
import { saysNo } from "./support/pages.js";
import { CARDS, CASH, order } from "./support/orders.js";
import { button, signIn, takeOverByHand } from "./support/staff.js";

openHouse();

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const NARROW = { width: 320, height: 640 };

/** Of each address that answers a GET with a page: the file whose stories let axe look at it. */
const PAGES = {
  "/": "accessibility", "/p/{slug}": "accessibility", "/d/{department}": "accessibility", "/d/{department}/{category}": "accessibility",
  "/offers": "pages", "/search": "accessibility", "/place": "accessibility", "/basket": "accessibility", "/delivery": "accessibility",
  "/privacy": "accessibility", "/help": "accessibility", "/sources": "accessibility", "/styleguide": "accessibility",
  "/signin": "account", "/signup": "account", "/signup/{token}": "pages", "/reset": "account", "/reset/{token}": "pages", "/account": "account",
  "/checkout": "checkout", "/checkout/delivery": "checkout", "/checkout/payment": "checkout", "/checkout/review": "checkout",
  "/orders": "order", "/orders/{number}": "order", "/orders/{number}/cancellation": "order", "/orders/{number}/receipt": "order",
  "/orders/{number}/instructions": "house", "/orders/{number}/window": "house", "/track": "house",
  "/orders/{number}/return": "pages", "/orders/{number}/code": "pages", "/orders/{number}/lines": "pages", "/orders/{number}/links": "pages",
  "/orders/{number}/problem": "pages", "/orders/{number}/basket": "pages",
  "/warehouse": "house", "/warehouse/batch": "boards", "/warehouse/stock": "house", "/warehouse/stock/{sku}": "house", "/warehouse/orders/{number}": "house",
  "/warehouse/orders/{number}/labels": "house", "/warehouse/orders/{number}/lines/{position}/short": "house",
  "/rider": "house", "/rider/drops/{id}": "house",
  "/dispatch": "house", "/dispatch/pictures": "picture", "/dispatch/carriers": "carrier", "/dispatch/incidents": "boards", "/dispatch/incidents/new": "boards", "/dispatch/incidents/{id}": "boards",
  "/dispatch/incidents/{id}/orders/{number}": "boards",
  "/support": "pages", "/support/cases/{id}": "pages",
  "/staff": "staff", "/staff/sign-in": "staff", "/staff/ask": "staff", "/staff/ask/{token}": "staff", "/staff/reset": "boards", "/staff/reset/{key}": "pages",
  "/staff/sessions": "staff", "/staff/people": "staff", "/staff/undone": "undone", "/staff/people/{id}": "staff",
  "/sandbox": "pages", "/sandbox/payments": "pages", "/sandbox/approve/{intent}": "pages", "/sandbox/mail": "pages", "/sandbox/mail/{id}": "pages",
  "/sandbox/carrier": "carrier", "/sandbox/carrier/track/{id}": "carrier",
  // Frames of the payment step, which axe walks into.
  "/sandbox/card": "checkout", "/sandbox/wallets": "checkout",
};

/** What answers with no page: words for programs, streams and files; and the letters themselves. */
const NO_PAGES = new Set([
  "/healthz", "/readyz", "/metrics", "/assets/{hash}/{name:.+}", "/robots.txt", "/sitemap.xml", "/sitemaps/{after}", "/site.webmanifest", "/search/suggestions",
  "/api/v1/orders/{number}", "/orders/live", "/orders/{number}/live", "/staff/live", "/sandbox/town/live", "/dispatch/drops/{id}/label",
  "/orders/{number}/picture", "/dispatch/orders/{number}/picture", "/support/cases/{id}/picture", "/sandbox/mail/{id}/html",
  "/sandbox/control/mood", "/sandbox/control/books", "/sandbox/carrier/control/books",
]);

const SOURCES = fileURLToPath(new URL("../../src/", import.meta.url));
const SCOPES = { "sandbox/gateway/pages.rs": "/sandbox", "sandbox/carrier/pages.rs": "/sandbox/carrier" };

/** Every address in the sources that answers a GET. */
const addresses = async () => {
  const files = (await readdir(SOURCES, { recursive: true })).filter((file) => file.endsWith(".rs"));
  const found = await Promise.all(files.map(async (file) => {
    const source = await readFile(`${SOURCES}${file}`, "utf8");
    return [...source.matchAll(/\.route\(\s*"([^"]*)",\s*(?:\w+\()*get\(\)/g)].map(([, path]) => `${SCOPES[file] ?? ""}${path}`);
  }));
  return found.flat();
};

test("every address that answers with a page is in an axe run", async () => {
  const known = new Set([...Object.keys(PAGES), ...NO_PAGES]);
  const all = await addresses();
  assert.ok(all.length > 60, `${all.length} addresses`);
  assert.deepEqual(all.filter((path) => !known.has(path)), [], "let axe look at them, and say where");
  assert.deepEqual([...known].filter((path) => !all.includes(path)), [], "there are no such addresses any more");
  for (const file of new Set(Object.values(PAGES))) {
    assert.match(await readFile(new URL(`${file}.test.js`, import.meta.url), "utf8"), /faults\(|axe\.source/, file);
  }
});

/** What axe says of the page as it is now. */
const complaints = (page) => page.evaluate(async (runOnly) => {
  const { violations } = await window.axe.run(document, { runOnly, resultTypes: ["violations"] });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => `${n.target} ${n.html.slice(0, 120)}`).join(" | ")}`);
}, RULES);

/**
 * Both schemes and both widths, each once: colours hang on the scheme alone, and what is where on the width. Nothing is
 * too wide at 320 px; in a window as high as the page nothing lies under its bars.
 */
const look = async (page, where) => {
  await page.evaluate(axe.source);
  for (const [{ width, height }, colorScheme] of [[PHONE, "light"], [DESK, "dark"]]) {
    await page.setViewportSize({ width, height: Math.max(height, await page.evaluate(() => document.documentElement.scrollHeight)) });
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await complaints(page), [], `${where}, ${colorScheme}, ${width} px`);
    if (process.env.PAGE_SHOTS) await page.screenshot({ path: `${process.env.PAGE_SHOTS}/${where.replace(/\W+/g, "-")}-${colorScheme}-${width}.png`, fullPage: true });
  }
  await page.setViewportSize(NARROW);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${where} is ${over} px too wide at ${NARROW.width}`);
  assert.equal(await page.locator("h1").count(), 1, `${where}: one main heading`);
  await page.setViewportSize(DESK);
};
const visit = async (page, address, where = address) => {
  await page.goto(address);
  await look(page, where);
};

/** The address in the newest letter to somebody, where there is one like that. */
const linkTo = (context, email, pattern) => eventually(async () => {
  const page = await context.newPage();
  try {
    await page.goto(`/sandbox/mail?to=${encodeURIComponent(email)}`);
    for (const href of await page.locator('main a[href^="/sandbox/mail/"]').evaluateAll((links) => links.map((a) => a.getAttribute("href")))) {
      const found = (await (await context.request.get(`${house.shop.address}${href}`)).text()).match(pattern)?.[0];
      if (found) return found.replaceAll("&amp;", "&").replaceAll("&#38;", "&");
    }
    return assert.fail(`no letter to ${email} with ${pattern}`);
  } finally {
    await page.close();
  }
}, 20000);

story("axe finds nothing on what a customer does about an order, and on the desk that hears of it", { expected: [422] }, async (page, { context, t }) => {
  await saysNo(context);
  await takeOverByHand(context);
  const { page: path } = await order(context, CASH);
  await visit(page, `${path}/lines?n.DE-MIL-001=13&q=butter`, "what is in it, with something more");
  await visit(page, `${path}/links`, "links");
  await visit(page, `${path}/problem`, "a problem");
  await page.getByLabel("Something is missing").check();
  await page.getByLabel("In your words").fill("Six of twelve were there.");
  await button(page, "Tell the shop").click();
  await visit(page, path, "an order with a case");

  const link = await linkTo(context, "aoife@example.com", /\/orders\/[0-9A-Z-]{9}\?key=[\w-]+/);
  const elsewhere = await shopper({ viewport: PHONE, expected: [422] });
  t.after(() => elsewhere.close());
  const guest = await elsewhere.newPage();
  await saysNo(elsewhere);
  await guest.goto(link);
  await look(guest, "an order by its link");
  await visit(guest, `${path}/lines`, "what asks for a code");
  await button(guest, "Send me a code").click();
  await guest.getByLabel("Code from the mail").fill("12");
  await button(guest, "Go on").click();
  await look(guest, "a code that is wrong");

  const desk = await shopper({ viewport: DESK });
  t.after(() => desk.close());
  const answering = await desk.newPage();
  await signIn(answering, "support@demo.test");
  await visit(answering, "/support", "the desk");
  await answering.getByRole("link", { name: /Something is missing/ }).click();
  await look(answering, "a new case");
  await button(answering, "Take it").click();
  await answering.getByLabel(/^To Aoife/).fill("We bring the others tomorrow.");
  await button(answering, "Send the answer").click();
  await look(answering, "a case that is answered");
  await button(answering, "Close the case").click();
  await visit(answering, "/support?show=closed", "closed cases");

  await page.goto(`${path}/cancellation`);
  await button(page, "Cancel this order").click();
  await button(page, "Put everything back in my basket").click();
  await look(page, "what was put back");
  for (const other of [elsewhere, desk]) assert.deepEqual(other.complaints, [], "a browser complained");
});

// The sandbox's own page brings no icon: 404.
story("axe finds nothing on letters' ways back, and behind the scenes of a demonstration", { expected: [404] }, async (page, { context, t }) => {
  await saysNo(context);
  await visit(page, "/offers", "offers");
  await page.goto("/signup");
  await page.locator("#email").fill("nora.axe@example.com");
  await page.locator("#password").fill("three green apples");
  await page.locator("main").getByRole("button", { name: /account/i }).first().click();
  await visit(page, await linkTo(context, "nora.axe@example.com", /\/signup\/[\w-]+/), "a sign-up's link");
  await page.locator("main").getByRole("button").first().click();
  await page.context().clearCookies();
  await saysNo(context);
  await page.goto("/reset");
  await page.locator("#email").fill("nora.axe@example.com");
  await page.locator("main").getByRole("button").first().click();
  await visit(page, await linkTo(context, "nora.axe@example.com", /\/reset\/[\w-]+/), "a new password");
  house.shop.command(["staff", "add", "--email", "maeve.axe@example.com", "--name", "Maeve", "--role", "warehouse"], "three green apples\n");
  await page.goto("/staff/reset");
  await page.locator("#email").fill("maeve.axe@example.com");
  await page.locator("main").getByRole("button").first().click();
  await visit(page, await linkTo(context, "maeve.axe@example.com", /\/staff\/reset\/[\w.:-]+/), "a colleague's new password");

  const { page: path } = await order(context, { ...CARDS.visa, method: "pm_card_threeDSecure2Required", last4: "3220" });
  const stranger = await shopper({ viewport: DESK });
  t.after(() => stranger.close());
  await visit(await stranger.newPage(), `${path}/return`, "coming back from the bank in another browser");
  await page.goto(path);
  await page.getByRole("link", { name: /^Approve €/ }).click();
  await page.waitForURL("**/sandbox/approve/**");
  await look(page, "the bank's page");
  for (const [address, where] of [["/sandbox", "the town"], ["/sandbox/payments", "the gateway's books"], ["/sandbox/mail", "letters"]]) await visit(page, address, where);
  await page.locator('main a[href^="/sandbox/mail/"]').first().click();
  await look(page, "a letter");
});
