// Orders a second through the real pages, beside the same rows committed as bare SQL.

import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Buyer, CASH, Refused, card, person } from "./buyer.mjs";
import { ask, environment, openShop, program, run } from "./shop.mjs";
import { address, chance, median, percentile, sleep, until } from "./shared.mjs";

export const SHOPPERS = 8;
const LINES = 5;
const GATEWAY_PORT = 18_190;

/** Room and goods enough that nobody is refused for want of either; counters and orders of earlier runs are gone. */
export function stockUp(postgres, database) {
  postgres.sql(database, `SET session_replication_role = replica;
    TRUNCATE orders, order_contacts, order_lines, order_links, stock_holds, window_holds, payment_attempts, captures, refunds, gateway_events,
      checkout_drafts, outbox, outgoing_mail, throttles, basket_lines, baskets, quotes, fulfilments, picks, bags, drops, promises, events CASCADE;
    UPDATE stock SET on_hand = 100000000, held = 0;
    UPDATE window_templates SET capacity = 10000000;
    UPDATE delivery_windows SET capacity = 10000000, taken = 0`);
  postgres.sql(database, "VACUUM ANALYZE");
}

/** The sandbox gateway and carrier as a process of their own, and the settings they ask a shop to have. */
export async function openGateway(folder, { port = GATEWAY_PORT, shopPort, chaos } = {}) {
  mkdirSync(folder, { recursive: true });
  const args = ["sandbox", "--listen", `127.0.0.1:${port}`, "--webhook-url", `http://127.0.0.1:${shopPort}/webhooks/payments`,
    "--carrier-webhook-url", `http://127.0.0.1:${shopPort}/webhooks/carriers/sandbox`];
  if (chaos !== undefined) args.push("--chaos", String(chaos));
  const env = { ...environment("", port), SMARTSHOP_DATA_DIR: folder };
  delete env.SMARTSHOP_DATABASE_URL;
  const gateway = run(program, args, env, port, join(folder, "gateway.log"));
  await until(10_000, 20, () => ask(port, "/sandbox/control/mood").then((a) => a.status === 200, () => false), () => "the sandbox gateway did not start");
  const [secret, publishable, webhook] = readFileSync(join(folder, "sandbox/keys"), "utf8").split("\n");
  return Object.assign(gateway, {
    settings: {
      SMARTSHOP_PAYMENT_API_BASE: `http://127.0.0.1:${port}`, SMARTSHOP_PAYMENT_SECRET_KEY: secret,
      SMARTSHOP_PAYMENT_PUBLISHABLE_KEY: publishable, SMARTSHOP_PAYMENT_WEBHOOK_SECRET: webhook,
    },
    carriers: {
      SMARTSHOP_CARRIERS: `sandbox (Sandbox carrier) http://127.0.0.1:${port}/carrier`,
      SMARTSHOP_CARRIER_KEYS: `sandbox=${secret}`, SMARTSHOP_CARRIER_SECRETS: `sandbox=${webhook}`,
    },
  });
}

/**
 * Nobody picks in this shop: who wanted it today would be told at once that it will be late, which the bare rows have no
 * counterpart of. And whatever the hour, tomorrow has all its times.
 */
const tomorrow = () => new Date(Date.now() + 86_400_000).toLocaleDateString("sv-SE", { timeZone: "Europe/Dublin" });

/** One shopper's whole way, into the window that is chosen of a day's. Says how long the last button took. */
export async function wholeWay(port, dice, n, skus, paying, choose = (windows) => dice.of(windows), day = tomorrow()) {
  const buyer = new Buyer(port, address(dice), person(n));
  await buyer.get("/");
  const wants = new Map();
  while (wants.size < LINES) wants.set(dice.of(skus), 2 + dice.below(3));
  await buyer.fill("D06", wants);
  await buyer.get("/basket");
  await buyer.delivery(choose, day);
  await buyer.payment(paying);
  const form = await buyer.review();
  const began = performance.now();
  const page = await buyer.submit("/checkout/order", form);
  const took = performance.now() - began;
  const order = await buyer.get(page);
  if (order.status !== 200 || !page.startsWith("/orders/")) throw new Refused(page, order);
  return { took, page, buyer, text: order.text };
}

/** How one chooses the first window there is, or the first that begins so many seconds behind that. */
export function choosing(postgres, database) {
  const rows = postgres.sql(database, "SELECT id, extract(epoch FROM starts_at)::bigint FROM delivery_windows WHERE ends_at > now()");
  const starts = new Map(rows.split("\n").map((row) => row.split("|")).map(([id, at]) => [id, Number(at)]));
  return (behind) => (windows) => {
    const sorted = windows.toSorted((a, b) => starts.get(a) - starts.get(b));
    return sorted.find((id) => starts.get(id) >= starts.get(sorted[0]) + behind);
  };
}

/** So many orders to be paid at the door, each with the browser that placed it. */
export async function placeOrders(port, skus, count, seed, choose) {
  const placed = [];
  let next = 0;
  const shop = async () => {
    while (next < count) {
      const n = next++;
      const { page, buyer } = await wholeWay(port, chance(seed + n), seed + n, skus, CASH, choose);
      placed[n] = { page, buyer, number: page.split("/").at(-1) };
    }
  };
  await Promise.all(Array.from({ length: SHOPPERS }, shop));
  return placed;
}

/** Most baskets of a shop are left standing. */
export async function leaveBaskets(shop, skus, count = 200) {
  for (let n = 0; n < count; n++) {
    const dice = chance(4_000_000 + n);
    const wants = new Map(Array.from({ length: LINES }, () => [dice.of(skus), 1 + dice.below(4)]));
    await new Buyer(shop.port, address(dice), person(n)).fill("D06", wants);
  }
}

/** Eight shoppers, one order after the other. */
async function closedLoop(shop, skus, paying, seconds, seed) {
  const end = performance.now() + seconds * 1000;
  const took = [];
  const began = performance.now();
  await Promise.all(Array.from({ length: SHOPPERS }, async (_, i) => {
    const dice = chance(seed * 100 + i);
    for (let n = 0; performance.now() < end; n++) {
      const order = await wholeWay(shop.port, dice, seed * 1e6 + i * 1e4 + n, skus, paying(n));
      if (/not been charged|declined/i.test(order.text)) throw new Error(`an order was not paid: ${order.page}`);
      took.push(order.took);
    }
  }));
  return { rate: took.length / ((performance.now() - began) / 1000), took };
}

/** Orders begin at their times, whether those before have ended or not. */
async function openLoop(shop, skus, paying, perSecond, seconds, seed) {
  const took = [];
  const all = [];
  const began = performance.now();
  for (let n = 0; n < perSecond * seconds; n++) {
    const due = began + (n * 1000) / perSecond;
    if (due > performance.now()) await sleep(due - performance.now());
    all.push(wholeWay(shop.port, chance(seed * 1e6 + n), n, skus, paying(n)).then((o) => took.push(o.took)));
  }
  await Promise.all(all);
  return took;
}

/** What an order's way writes. What the shop reckons later, of many orders at once, is not of the way. */
const WRITTEN = ["quotes", "baskets", "basket_lines", "checkout_drafts", "throttles", "delivery_windows", "window_holds", "orders", "order_contacts",
  "order_lines", "order_links", "stock", "stock_holds", "promises", "payment_attempts", "fulfilments", "events", "outbox", "outgoing_mail"];

/** Postgres counts what a connection has written when that has been idle for ten seconds, or ends. */
const COUNTED = 12_000;

/** Rows inserted, updated and deleted so far, by table. */
const written = (postgres, database) => new Map(postgres.sql(database, "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables")
  .split("\n").map((row) => row.split("|")).filter(([table]) => WRITTEN.includes(table)).map(([table, ...rows]) => [table, rows.map(Number)]));

/** Both sides write as many rows for an order, table by table: else the one is no measure of the other. */
async function sameRows(postgres, database, bare, shop) {
  const perOrder = (from, to) => {
    const orders = to.get("orders")[0] - from.get("orders")[0];
    return new Map(WRITTEN.map((table) => [table, to.get(table).map((n, i) => (n - from.get(table)[i]) / orders)]));
  };
  await sleep(COUNTED);
  const start = written(postgres, database);
  bare();
  const between = written(postgres, database);
  await shop();
  await sleep(COUNTED);
  const [ofBare, ofShop] = [perOrder(start, between), perOrder(between, written(postgres, database))];
  const total = (of) => [...of.values()].flat().reduce((a, b) => a + b, 0);
  const unlike = WRITTEN.filter((table) => ofBare.get(table).some((n, i) => Math.abs(n - ofShop.get(table)[i]) > 0.1));
  return { bare: total(ofBare), shop: total(ofShop), unlike: unlike.map((table) => `${table} ${ofBare.get(table)} / ${ofShop.get(table)}`) };
}

/** A letter of the shop's, for the rows that are compared with its own. */
function letter(postgres, database) {
  const [plain, html] = ["text", "html"].map((part) => postgres.sql(database, `SELECT ${part} FROM outgoing_mail ORDER BY id LIMIT 1`));
  return { plain, html };
}

const isConfirmed = (postgres, database) =>
  Number(postgres.sql(database, "SELECT count(*) FROM orders WHERE state <> 'confirmed'"));

export async function measureOrders(postgres, database, folder, { rounds, seconds, say }) {
  const port = 18_191;
  stockUp(postgres, database);
  rmSync(join(folder, "orders"), { recursive: true, force: true });
  const gateway = await openGateway(join(folder, "orders"), { shopPort: port });
  const shop = await openShop(postgres.url(database), port, join(folder, "orders.log"), { ...gateway.settings, SMARTSHOP_DATA_DIR: join(folder, "orders") });
  const skus = postgres.sql(database, "SELECT sku FROM products WHERE minimum_age = 0 AND price_cents BETWEEN 300 AND 700 AND withdrawn_at IS NULL ORDER BY id LIMIT 400").split("\n");
  const ways = { cash: () => CASH, card: () => card("pm_card_visa") };
  const file = join(import.meta.dirname, "orders.sql");
  await leaveBaskets(shop, skus);
  await closedLoop(shop, skus, ways.cash, 4, 1);
  // Both sides plan for tables with rows in them, as a shop with a past has them.
  postgres.sql(database, "VACUUM ANALYZE");
  const values = letter(postgres, database);
  const taken = { bare: [], cash: [], card: [] };
  for (let round = 0; round < rounds; round++) {
    taken.bare.push(postgres.pgbench(database, file, seconds, values));
    for (const way of ["cash", "card"]) {
      taken[way].push((await closedLoop(shop, skus, ways[way], seconds, 10 + round * 2 + (way === "card"))).rate);
    }
    say(`round ${round + 1}: bare ${taken.bare.at(-1).toFixed(0)}, cash ${taken.cash.at(-1).toFixed(0)}, card ${taken.card.at(-1).toFixed(0)} orders/s`);
  }
  const ratio = (way) => median(taken[way].map((rate, i) => rate / taken.bare[i]));
  const half = {};
  for (const way of ["cash", "card"]) {
    const took = await openLoop(shop, skus, ways[way], median(taken[way]) / 2, seconds * 2, 77);
    half[way] = { p50: percentile(took, 0.5), p99: percentile(took, 0.99), rate: median(taken[way]) / 2 };
  }
  await until(20_000, 100, () => isConfirmed(postgres, database) === 0, () => `${isConfirmed(postgres, database)} orders were not confirmed`);
  const rows = await sameRows(postgres, database,
    () => postgres.pgbench(database, file, 2, values), () => placeOrders(shop.port, skus, 200, 8_000_000));
  await Promise.all([shop.stop(), gateway.stop()]);
  return {
    bare: median(taken.bare), half, rows,
    cash: { rate: median(taken.cash), ratio: ratio("cash") },
    card: { rate: median(taken.card), ratio: ratio("card") },
  };
}
