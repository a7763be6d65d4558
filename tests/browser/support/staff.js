// What colleagues do on their pages.

import { house, shopper, text } from "./shopper.js";

export const PASSWORD = "demo-password";

export const signIn = async (page, email, password = PASSWORD) => {
  await page.goto("/staff/sign-in");
  await page.locator("#email").fill(email);
  await page.locator("#password").fill(password);
  await page.locator("main").getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL((url) => url.pathname !== "/staff/sign-in");
};

export const button = (page, name) => page.getByRole("button", { name, exact: typeof name === "string" });

/** Lets people alone do the demonstration's work, by the switches on its own page. */
export const takeOverByHand = async (context) => {
  const page = await context.newPage();
  await page.goto("/sandbox");
  for (const part of ["pick", "ride"]) {
    if ((await button(page, `Let the autopilot ${part}`).count()) > 0) continue;
    await page.locator("form", { has: page.locator(`input[value=${part}]`) }).getByRole("button").click();
    await button(page, `Let the autopilot ${part}`).waitFor();
  }
  await page.close();
};

/** Of the demonstration's two riders one alone is on shift, so that it is known who brings it. */
export const onlyRider = (email) => house.shop.sql(`UPDATE riders SET on_shift = s.email = '${email}' FROM staff_members s WHERE s.id = riders.id AND s.email LIKE '%@demo.test'`);

/** Both of the demonstration's riders are on shift. */
export const bothRiders = () => house.shop.sql("UPDATE riders SET on_shift = true FROM staff_members s WHERE s.id = riders.id AND s.email LIKE '%@demo.test'");

/** A person with a browser of their own. */
export const somebody = async (t, options, email) => {
  const context = await shopper(options);
  t.after(() => context.close());
  const page = await context.newPage();
  if (email) await signIn(page, email);
  return { page, context };
};

export const take = async (page, number) => {
  await button(page, `Take ${number}`).click();
  await page.getByText(`${number} is yours.`).waitFor();
};

/** Picks what lies in front of them, so many lines, as ordered, and packs it. */
export const pickAll = async (page, lines) => {
  for (let n = 0; n < lines; n++) {
    await button(page, /^Picked \d+$/).click();
    await page.getByText(`${n + 1} of ${lines} lines done`).first().waitFor();
  }
  await button(page, "Packed").click();
  await page.getByText("that is what the customer pays").waitFor();
};

export const handOver = async (page, customer) => {
  const code = (await text(customer.locator(".door-code b"))).match(/\d{4}/)[0];
  await page.locator("#code").fill(code);
  await button(page, "Delivered").click();
};
