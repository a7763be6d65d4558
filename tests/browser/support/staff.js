// What colleagues do on their pages.

import { house } from "./shopper.js";

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
  while ((await button(page, "Take over by hand").count()) > 0) await button(page, "Take over by hand").first().click();
  await page.close();
};

/** Of the demonstration's two riders one alone is on shift, so that it is known who brings it. */
export const onlyRider = (email) => house.shop.sql(`UPDATE riders SET on_shift = s.email = '${email}' FROM staff_members s WHERE s.id = riders.id AND s.email LIKE '%@demo.test'`);
