// Accounts, made as people make them: asked for on a page, finished by the letter.

import assert from "node:assert/strict";
import { eventually } from "./shopper.js";

export const PASSWORD = "three green apples";

let people = 0;
export const somebody = () => `nora${++people}@example.com`;

/** Reads the newest letter to somebody in the sandbox mailbox, and gives the path in its button. */
export const linkIn = async (context, email) => {
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

export const fill = async (page, fields) => {
  for (const [id, value] of Object.entries(fields)) await page.locator(`#${id}`).fill(value);
};
export const press = (page, name) => page.locator("main").getByRole("button", { name, exact: true }).click();

export const signUp = async (page, context, email) => {
  await page.goto("/signup");
  await fill(page, { email, password: PASSWORD });
  await press(page, "Make an account");
  await page.getByRole("heading", { name: "Look into your mail" }).waitFor();
  await page.goto(await linkIn(context, email));
  await press(page, "Finish your account");
  await page.waitForURL("**/account");
};
