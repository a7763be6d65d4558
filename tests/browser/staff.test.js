// Staff: signing in on a desk and in the hand, by keyboard, without scripts; asking for access and deciding about it.

import assert from "node:assert/strict";
import { faults } from "./support/axe.js";
import { DESK, PHONE, eventually, house, openHouse, shopper, story, text } from "./support/shopper.js";

openHouse();

const PASSWORD = "demo-password";

const fill = async (page, fields) => {
  for (const [id, value] of Object.entries(fields)) await page.locator(`#${id}`).fill(value);
};
const press = (page, name) => page.locator("main").getByRole("button", { name, exact: true }).click();
const signIn = async (page, email, password = PASSWORD) => {
  await page.goto("/staff/sign-in");
  await fill(page, { email, password });
  await press(page, "Sign in");
};
const says = (page, words) => eventually(async () => assert.ok((await text(page.locator("main"))).includes(words), `the page says “${words}”`));

const findsNothing = async (page, where) => assert.deepEqual(await faults(page), [], where);
const fits = async (page, where) => {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${where} is ${wide} px too wide`);
};

/** The path of the button in the newest letter to somebody. */
const linkIn = async (context, email) => {
  const page = await context.newPage();
  await eventually(async () => {
    await page.goto(`/sandbox/mail?to=${encodeURIComponent(email)}`);
    assert.ok((await page.locator(".letters a").count()) > 0, "no letter yet");
  });
  await page.locator(".letters a").first().click();
  const path = new URL(await page.frameLocator("iframe").locator("a.btn").getAttribute("href")).pathname;
  await page.close();
  return path;
};

/** With a browser of their own, to the end of `tell`. */
const alongside = async (options, tell) => {
  const context = await shopper(options);
  try {
    await tell(await context.newPage(), context);
    assert.deepEqual(context.complaints, [], "the browser complained");
  } finally {
    await context.close();
  }
};

for (const [where, viewport] of [["at a desk", DESK], ["in the hand", PHONE]]) {
  story(`an admin signs in ${where}, looks around and signs out`, { viewport }, async (page) => {
    await page.goto("/staff/people");
    await page.waitForURL("**/staff/sign-in?then=*");
    await fits(page, "the sign-in");
    await fill(page, { email: "admin@demo.test", password: PASSWORD });
    await press(page, "Sign in");
    await page.waitForURL("**/staff/people");
    await says(page, "Tomasz Zieliński");
    await fits(page, "people");
    await page.getByRole("navigation", { name: "Staff pages" }).getByRole("link", { name: "People" }).waitFor();
    await page.getByRole("link", { name: /your page$/ }).last().click();
    await press(page, "Sign out");
    await says(page, "You are signed out.");
    await page.goto("/staff/people");
    await page.waitForURL("**/staff/sign-in?then=*");
  });

  story(`somebody asks for access ${where}, and an admin lets them in`, { viewport }, async (page, { context }) => {
    const email = `mary.${viewport.width}@example.com`;
    await page.goto("/staff/ask");
    await fits(page, "asking");
    await fill(page, { name: "Mary Ryan", email, password: "three green apples" });
    await press(page, "Ask for access");
    await says(page, `We have sent a letter to ${email}`);
    await page.goto(await linkIn(context, email));
    await press(page, "It was me");
    await says(page, "An admin decides now");
    await alongside({ viewport }, async (admin) => {
      await signIn(admin, "admin@demo.test");
      await says(admin, "1 asks for access");
      await fits(admin, "people with a request");
      await admin.getByLabel("Role of Mary Ryan").selectOption("warehouse");
      await press(admin, "Give Mary Ryan access");
      await says(admin, "Mary Ryan has the role Warehouse now.");
      await fits(admin, "a person");
      await signIn(page, email, "three green apples");
      await page.goto("/staff");
      await says(page, "Your role is Warehouse");
      await press(admin, "End access");
      await says(admin, "Mary Ryan has no access any more.");
    });
    await page.goto("/staff");
    await page.waitForURL("**/staff/sign-in?then=*");
  });
}

story("it all works with scripts off, and a wrong password says so", { scripts: false, expected: [422] }, async (page) => {
  await signIn(page, "rider@demo.test", "something else");
  await says(page, "This mail address and password do not go together. Check both.");
  assert.equal(await page.locator("#email").inputValue(), "rider@demo.test");
  await fill(page, { password: PASSWORD });
  await press(page, "Sign in");
  await page.goto("/staff/sessions");
  await says(page, "Here");
});

story("the keyboard alone signs in and ends a session elsewhere", async (page) => {
  await alongside({ viewport: PHONE }, (phone) => signIn(phone, "support@demo.test"));
  await page.goto("/staff/sign-in");
  await page.keyboard.press("Tab");
  assert.match(await page.evaluate(() => document.activeElement.textContent), /Skip to content/);
  await page.locator("#email").focus();
  await page.keyboard.type("support@demo.test");
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: /your page$/ }).last().waitFor();
  await page.goto("/staff/sessions");
  for (let i = 0; i < 30 && !(await page.evaluate(() => document.activeElement.matches("main li button"))); i++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await says(page, "That session has ended.");
});

story("who may not is told who can", { expected: [403] }, async (page) => {
  await signIn(page, "rider2@demo.test");
  await page.goto("/staff/people");
  await says(page, "Only admins can open this. You are signed in as Aisling Burke, Rider.");
  await findsNothing(page, "refused");
});

story("a new password is chosen, and the old one does no more", { expected: [422] }, async (page) => {
  const email = "eoin@example.com";
  const printed = house.shop.command(["staff", "add", "--email", email, "--name", "Eoin Daly", "--role", "manager"]);
  const made = printed.match(/shown this once: (\w+)/)[1];
  await signIn(page, email, made);
  await page.goto("/staff/sessions");
  await fill(page, { password: "something else", "new-password": "three green apples" });
  await press(page, "Change the password");
  await says(page, "This is not your password. Check it.");
  await fill(page, { password: made, "new-password": "three green apples" });
  await press(page, "Change the password");
  await says(page, "Your password is changed. You are signed in here alone.");
});

// A rider's page keeps what is pressed meanwhile, and says that instead.
for (const [who, mark] of [["warehouse", "[data-offline]"], ["rider", "[data-waiting]"]]) {
  story(`the net goes, and the page of ${who} says so`, { expected: ["offline"] }, async (page, { context }) => {
    await signIn(page, `${who}@demo.test`);
    const bar = page.locator(mark);
    assert.ok(await bar.isHidden());
    await context.setOffline(true);
    await bar.waitFor();
    await context.setOffline(false);
    await bar.waitFor({ state: "hidden" });
  });
}

story("a shopper's page loads nothing of the staff's", async (page) => {
  const loaded = [];
  page.on("request", (request) => loaded.push(new URL(request.url()).pathname));
  await page.goto("/");
  assert.deepEqual(loaded.filter((path) => path.includes("staff")), []);
});

for (const [scheme, viewport] of [["light", PHONE], ["dark", DESK]]) {
  story(`axe finds nothing on staff pages, ${scheme}, ${viewport.width} px`, { scheme, viewport, expected: [422] }, async (page, { context }) => {
    const look = async (name) => {
      // In a window as high as the page nothing lies under the bars that stay in sight.
      await page.setViewportSize({ ...viewport, height: Math.max(viewport.height, await page.evaluate(() => document.documentElement.scrollHeight)) });
      await findsNothing(page, name);
      await fits(page, name);
      assert.equal(await page.locator("h1").count(), 1, `${name}: one main heading`);
      if (process.env.STAFF_SHOTS) await page.screenshot({ path: `${process.env.STAFF_SHOTS}/${name}-${scheme}-${viewport.width}.png`, fullPage: true });
      await page.setViewportSize(viewport);
    };
    await page.goto("/staff/sign-in");
    await look("sign-in");
    await press(page, "Sign in");
    await look("sign-in wrong");
    await page.goto("/staff/ask");
    await look("ask");
    const email = `${scheme}.${viewport.width}@example.com`;
    const name = `Fionn Ó Súilleabháin ${scheme} ${viewport.width}`;
    await fill(page, { name, email, password: "three green apples" });
    await press(page, "Ask for access");
    await look("asked");
    await page.goto(await linkIn(context, email));
    await look("was it you");
    await press(page, "It was me");
    await signIn(page, "admin@demo.test");
    await page.waitForURL("**/staff/people");
    await look("people");
    await page.getByRole("link", { name: "Niamh Doyle" }).click();
    await look("person");
    await page.goto("/staff");
    await look("home");
    await page.goto("/staff/sessions");
    await look("sessions");
    await page.goto("/staff/people");
    await press(page, `Refuse ${name}`);
    await look("said");
  });
}
