// The question about footsteps: asked once, and the answer counts.

import assert from "node:assert/strict";
import { eventually, mark, openHouse, stayed, story, text } from "./support/shopper.js";
import { DEPARTMENT, HOME, PRODUCT } from "./support/pages.js";

openHouse();

const question = (page) => page.getByRole("complementary", { name: "Your privacy" });
const cookies = async (context) => (await context.cookies()).map((cookie) => cookie.name);

for (const scripts of [true, false]) {
  const how = scripts ? "with scripts" : "without scripts";

  story(`who has not answered yet carries no visitor cookie, ${how}`, { scripts }, async (page, { context }) => {
    await page.goto(HOME);
    await page.goto(DEPARTMENT);
    assert.ok(await question(page).isVisible());
    assert.deepEqual(await cookies(context), []);
  });

  story(`no means no: the question goes, and no visitor cookie comes, ${how}`, { scripts }, async (page, { context }) => {
    await page.goto(PRODUCT);
    await mark(page);
    await question(page).getByRole("button", { name: "No" }).click();
    await eventually(async () => assert.equal(await question(page).count(), 0));
    assert.equal(new URL(page.url()).pathname, PRODUCT);
    if (scripts) assert.ok(await stayed(page), "the page was loaded again");
    await page.goto(HOME);
    assert.equal(await question(page).count(), 0, "asked again");
    assert.deepEqual((await cookies(context)).filter((name) => /visitor/.test(name)), []);
  });

  story(`yes is kept, and can be taken back on the page about privacy, ${how}`, { scripts }, async (page, { context }) => {
    await page.goto(PRODUCT);
    await question(page).getByRole("button", { name: "Yes" }).click();
    await eventually(async () => assert.equal(await question(page).count(), 0));
    await page.goto(HOME);
    assert.equal(await question(page).count(), 0, "asked again");
    const visitor = (await context.cookies()).filter((cookie) => /visitor/.test(cookie.name));
    assert.equal(visitor.length, 1, `cookies: ${await cookies(context)}`);
    assert.ok(visitor[0].httpOnly && visitor[0].sameSite === "Lax");
    await page.goto("/privacy");
    await page.getByRole("button", { name: /No, record nothing/ }).click();
    await page.waitForLoadState();
    await eventually(async () => assert.match(await text(page.locator("[data-live=notice]")), /Your choice is kept/));
    assert.deepEqual((await cookies(context)).filter((name) => /visitor/.test(name)), []);
  });
}
