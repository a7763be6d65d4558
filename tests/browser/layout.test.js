// Narrow windows, fingers, weight and steadiness.

import assert from "node:assert/strict";
import { DESK, PHONE, openHouse, shopper, story } from "./support/shopper.js";
import { BASKET, DEPARTMENT, HOME, NOTHING, PRODUCT, SEARCH, SOLD_OUT, WEIGHED, fillBasket, livesAt } from "./support/pages.js";

openHouse();

const NARROW = { width: 320, height: 640 }; // 1280 px at 400 %
const MAIN_PAGES = { home: HOME, department: DEPARTMENT, product: PRODUCT, search: SEARCH, basket: BASKET };
const ALL_PAGES = { ...MAIN_PAGES, "by weight": WEIGHED, "sold out": SOLD_OUT, "nothing found": NOTHING, offers: "/offers", delivery: "/delivery", "place outside": "/place?place=Bray", "place unknown": "/place?place=Xyzzy", privacy: "/privacy", help: "/help", sources: "/sources", styleguide: "/styleguide" };
const PAGE_BYTES = 20_000;
const SCRIPT_BYTES = 25_000;
const MOST_SHIFT = 0.01;
const LATE_MS = 300;

const settledCustomer = async (context) => {
  await livesAt(context, "D15");
  await fillBasket(context, [["DE-MIL-007", 2], ["DE-CHE-001", 1], ["FP-FRU-007", 12]]);
};

for (const viewport of [NARROW, PHONE, DESK]) {
  story(`nothing is wider than a window of ${viewport.width} px`, { viewport, touch: true }, async (page, { context }) => {
    for (const settled of [false, true]) {
      if (settled) await settledCustomer(context);
      for (const [name, address] of Object.entries(ALL_PAGES)) {
        await page.goto(address);
        const [wide, window_] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
        assert.ok(wide <= window_, `${name}${settled ? " with place and basket" : ""} is ${wide} px wide`);
      }
    }
  });
}

/** Controls that are too small to hit: 24 px, and 44 px for what is pressed most. */
const tooSmall = (page) => page.evaluate(() => {
  const area = (el) => {
    const label = el.matches("input[type=checkbox], input[type=radio]") && el.closest("label");
    const stretched = getComputedStyle(el, "::after").position === "absolute" && getComputedStyle(el, "::after").content !== "none";
    return (label || (stretched && el.closest("article, li")) || el).getBoundingClientRect();
  };
  const inText = (el) => el.matches("a") && getComputedStyle(el).display === "inline" && el.closest("p, li, dd, td") && el.closest("p, li, dd, td").innerText.trim() !== el.innerText.trim();
  return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")]
    .filter((el) => el.checkVisibility({ visibilityProperty: true }) && el.tabIndex >= 0 && !el.closest(".skip") && !inText(el))
    .flatMap((el) => {
      const { width, height } = area(el);
      const least = el.matches(".btn.main, .card .step button, .buy button, .tool, .input:not(.slim), .find input") ? 44 : 24;
      return width + 0.5 >= least && height + 0.5 >= least ? [] : [`${width.toFixed(0)}x${height.toFixed(0)} of ${least}: ${el.outerHTML.slice(0, 110)}`];
    });
});

for (const viewport of [PHONE, DESK]) {
  story(`whatever can be pressed is large enough at ${viewport.width} px`, { viewport }, async (page, { context }) => {
    await settledCustomer(context);
    const found = {};
    for (const [name, address] of Object.entries(ALL_PAGES)) {
      await page.goto(address);
      const small = await tooSmall(page);
      if (small.length) found[name] = small;
    }
    assert.deepEqual(found, {});
  });
}

for (const viewport of [PHONE, DESK]) {
  story(`nothing moves while a page comes, at ${viewport.width} px`, { viewport }, async (page, { context, t }) => {
    await page.addInitScript(() => {
      window.__shift = 0;
      window.__moved = [];
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) {
          window.__shift += entry.value;
          window.__moved.push(...entry.sources.map((s) => s.node?.parentElement?.outerHTML.slice(0, 100)));
        }
      }).observe({ type: "layout-shift", buffered: true });
    });
    // Scripts and font come late, as on a train; the second round has them at hand.
    await context.route(/\.(js|woff2)$/, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, LATE_MS));
      await route.continue();
    });
    for (const settled of [false, true]) {
      if (settled) await settledCustomer(context);
      if (settled) await context.unrouteAll({ behavior: "wait" });
      const seen = [];
      for (const [name, address] of Object.entries(MAIN_PAGES)) {
        await page.goto(address, { waitUntil: "networkidle" });
        const [shift, moved] = await page.evaluate(() => [window.__shift, window.__moved]);
        seen.push(`${name} ${shift.toFixed(4)}`);
        assert.ok(shift < MOST_SHIFT, `${name} moves by ${shift}: ${moved.join("\n")}`);
      }
      t.diagnostic(`layout shift${settled ? " with place and basket" : ""}: ${seen.join(", ")}`);
    }
  });
}

story("the first view is light: page and styles within 20 kB, scripts within 25 kB and never in the way", async (_, { t }) => {
  for (const settled of [false, true]) {
    for (const [name, address] of Object.entries(MAIN_PAGES)) {
      const context = await shopper({ viewport: PHONE });
      if (settled) await settledCustomer(context);
      const page = await context.newPage();
      await page.goto(address, { waitUntil: "load" });
      const weigh = await page.evaluate(() => {
        const of = (entries) => entries.reduce((sum, entry) => sum + entry.encodedBodySize, 0);
        const resources = performance.getEntriesByType("resource");
        const ending = (end) => of(resources.filter((r) => new URL(r.name).pathname.endsWith(end)));
        return {
          html: of(performance.getEntriesByType("navigation")), css: ending(".css"), js: ending(".js"), all: of(resources),
          blocking: [...document.querySelectorAll("script:not([type='application/ld+json'])")].filter((s) => !s.src || !(s.type === "module" || s.defer || s.async)).length,
          inline: document.querySelectorAll("style, [style]").length,
        };
      });
      t.diagnostic(`${name}${settled ? " with place and basket" : ""}: HTML ${weigh.html} + CSS ${weigh.css} = ${weigh.html + weigh.css}, scripts ${weigh.js}, everything ${weigh.html + weigh.all} bytes`);
      assert.ok(weigh.html > 0 && weigh.css > 0 && weigh.js > 0, "nothing was weighed");
      assert.ok(weigh.html + weigh.css <= PAGE_BYTES, `${name}: ${weigh.html} + ${weigh.css} bytes`);
      assert.ok(weigh.js <= SCRIPT_BYTES, `${name}: scripts of ${weigh.js} bytes`);
      assert.equal(weigh.blocking, 0, `${name}: a script in the way`);
      assert.equal(weigh.inline, 0, `${name}: inline styles`);
      await context.close();
    }
  }
});

for (const viewport of [PHONE, DESK]) {
  story(`pictures say their size, and wait until they are wanted, at ${viewport.width} px`, { viewport }, async (page) => {
    for (const [name, address] of Object.entries(ALL_PAGES)) {
      await page.goto(address);
      const wrong = await page.evaluate(() => [...document.images].flatMap((img) => {
        if (!img.getAttribute("width") || !img.getAttribute("height")) return [`no size: ${img.outerHTML}`];
        const below = img.checkVisibility() && img.getBoundingClientRect().top > 1.25 * innerHeight;
        return below && img.loading !== "lazy" ? [`not lazy: ${img.outerHTML}`] : [];
      }));
      assert.deepEqual(wrong, [], name);
    }
  });
}

story("the manifest and the icon may be read", async (page, { context }) => {
  await page.goto(HOME);
  const devtools = await context.newCDPSession(page);
  const { data, errors } = await devtools.send("Page.getAppManifest");
  assert.deepEqual(errors, []);
  assert.match(data ?? "", /SmartShop/);
  const icon = await page.locator("link[rel=icon]").getAttribute("href");
  assert.equal((await page.request.get(icon)).status(), 200);
});

story("the dark scheme is dark, and the light one light", async () => {
  for (const [scheme, right] of [["dark", (l) => l < 0.05], ["light", (l) => l > 0.85]]) {
    const context = await shopper({ scheme });
    const page = await context.newPage();
    for (const address of Object.values(MAIN_PAGES)) {
      await page.goto(address);
      const light = await page.evaluate(() => {
        const canvas = new OffscreenCanvas(1, 1).getContext("2d");
        canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) => (v / 255) ** 2.2);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      });
      assert.ok(right(light), `${address} in ${scheme}: luminance ${light}`);
    }
    await context.close();
  }
});
