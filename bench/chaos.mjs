// `make chaos`: shoppers order while the gateway is in its worst mood and the shop is killed again and
// again. Afterwards orders, gateway, stock and windows have to agree to the cent and the unit.
// CHAOS_ORDERS, CHAOS_KILLS and CHAOS_SEED change the run.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Buyer, CASH, Refused, card, person } from "./buyer.mjs";
import { openGateway, SHOPPERS } from "./orders.mjs";
import { startPostgres } from "./postgres.mjs";
import { ask, environment, program, run, smartshop } from "./shop.mjs";
import { address, chance, sleep, until } from "./shared.mjs";

const ORDERS = Number(process.env.CHAOS_ORDERS ?? 500);
const KILLS = Number(process.env.CHAOS_KILLS ?? 12);
const SEED = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);
const PORT = 18_291;
const GATEWAY = 18_290;
const SETTLE_SECONDS = 60;
const folder = join(import.meta.dirname, "data", "chaos");
const say = (text) => process.stderr.write(`${text}\n`);

/** A browser of somebody who presses "reload" when the shop does not answer. */
class Sturdy extends Buyer {
  async send(path, form) {
    const end = Date.now() + 90_000;
    for (;;) {
      const answer = await super.send(path, form).catch((e) => e);
      if (!(answer instanceof Error) && answer.status !== 503) return answer;
      if (Date.now() > end) throw answer instanceof Error ? answer : new Refused(path, answer);
      await sleep(150);
    }
  }
}

const tally = { orders: 0, soldOut: 0, declined: 0, approved: 0, cancelled: 0, leftUnpaid: 0, other: [] };

const WAYS = [
  [50, "visa", (n) => card("pm_card_visa", n)],
  [10, "declined", async (n) => card(await token("4000000000000002"), n)],
  [15, "approve", (n) => card("pm_card_threeDSecure2Required", n)],
  [15, "redirect", () => ({ way: "redirect:paypal" })],
  [10, "cash", () => CASH],
];

let key;
/** A card of one's own, as the gateway's frame would make it; one that is refused counts against itself alone. */
async function token(number) {
  for (;;) {
    const form = { type: "card", "card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2030", "card[cvc]": "123" };
    const answer = await ask(GATEWAY, "/v1/payment_methods", { method: "POST", form, headers: { authorization: `Bearer ${key}` } }).catch(() => null);
    if (answer?.status === 200) return JSON.parse(answer.text).id;
    await sleep(100);
  }
}

function choose(dice) {
  let n = dice.below(100);
  return WAYS.find(([share]) => (n -= share) < 0);
}

/** Approves at the gateway what the shop sends somebody there for, and comes back. */
async function approve(buyer, url) {
  const { pathname } = new URL(url, `http://127.0.0.1:${GATEWAY}`);
  const form = { answer: "approve" };
  const answer = await ask(GATEWAY, pathname, { method: "POST", form, headers: { "sec-fetch-site": "same-origin" } });
  tally.approved++;
  const back = answer.headers.location;
  // One in five never comes back: the shop has to find out by itself.
  if (back && buyer.dice.below(5) > 0) await buyer.get(new URL(back).pathname);
}

async function seeToPayment(buyer, number) {
  for (let tries = 0; tries < 3; tries++) {
    const page = await buyer.get(`/orders/${number}`);
    if (page.status !== 200) throw new Refused(`/orders/${number}`, page);
    const waits = page.text.match(/href="([^"]*\/sandbox\/approve\/[^"]*)"/);
    if (waits) await approve(buyer, waits[1]);
    else if (/not been charged/i.test(page.text)) {
      tally.declined++;
      if (buyer.dice.below(4) === 0) return void tally.leftUnpaid++;
      await buyer.send(`/orders/${number}/payments`, card("pm_card_visa", buyer.n));
    } else return;
  }
}

async function oneOrder(skus, n) {
  const dice = chance(SEED * 10_000 + n);
  const buyer = new Sturdy(PORT, address(dice), person(n));
  buyer.dice = dice;
  buyer.n = n;
  const wants = new Map();
  while (wants.size < 5) wants.set(dice.of(skus), 2 + dice.below(4));
  const [, , paying] = choose(dice);
  try {
    await buyer.fill("D06", wants);
    await buyer.delivery((windows) => dice.of(windows.slice(0, 20)));
    await buyer.payment(await paying(n));
    let page = await buyer.submit("/checkout/order", await buyer.review());
    if (page.includes("/sandbox/approve/")) {
      await approve(buyer, page);
      page = (await buyer.get("/orders")).text.match(/\/orders\/[0-9A-Z-]{9}/)[0];
    }
    tally.orders++;
    const number = page.match(/\/orders\/([0-9A-Z-]+)/)[1];
    await seeToPayment(buyer, number);
    if (dice.below(20) === 0) {
      await buyer.send(`/orders/${number}/cancellation`, {});
      tally.cancelled++;
    }
  } catch (e) {
    if (e instanceof Refused && e.status === 409) tally.soldOut++;
    else if (e instanceof Refused && e.status === 303) tally.soldOut++;
    else tally.other.push(e.message.slice(0, 400));
  }
}

/** The shop, which is killed and comes back. */
function openShop(url, settings) {
  let lives = 0;
  const log = () => join(folder, `shop-${lives++}.log`);
  const env = {
    ...environment(url, PORT), ...settings, SMARTSHOP_DATA_DIR: join(folder, "data"),
    SMARTSHOP_WRITES_PER_MINUTE: "100000", SMARTSHOP_WRITES_AT_ONCE: "10000",
  };
  let shop = run(program, ["serve"], env, PORT, log());
  const ready = () => until(60_000, 30, () => ask(PORT, "/readyz").then((a) => a.status === 200, () => false), () => `the shop did not come up; see ${folder}`);
  return {
    ready,
    kill: async () => {
      process.kill(shop.pid, "SIGKILL");
      await until(5_000, 5, () => !shop.alive(), () => "the shop cannot be killed");
      shop = run(program, ["serve"], env, PORT, log());
    },
    stop: () => shop.stop(),
  };
}

async function books() {
  const rows = [];
  for (let after = 0; after !== null && after !== undefined;) {
    const page = JSON.parse((await ask(GATEWAY, `/sandbox/control/books?after=${after}&limit=1000`)).text);
    rows.push(...page.data);
    after = page.next;
  }
  return rows;
}

/** Everything that has to agree, as figures that have to be what stands beside them. */
async function audit(sql) {
  const number = (text) => Number(sql(text));
  const paid = JSON.parse(sql(`SELECT coalesce(json_object_agg(a.id, json_build_object('order', o.number, 'order_state', o.state, 'state', a.state, 'amount', a.amount_cents, 'intent', a.intent)), '{}')
    FROM payment_attempts a JOIN orders o ON o.id = a.order_id WHERE a.method IN ('card', 'redirect')`));
  const rows = await books();
  const money = rows.map((r) => ({ ...r, kept: r.held + r.captured - r.refunded, attempt: paid[r.metadata.attempt] })).filter((r) => r.kept !== 0);
  const perOrder = new Map();
  for (const r of money) perOrder.set(r.attempt?.order, (perOrder.get(r.attempt?.order) ?? 0) + 1);
  const gateway = money.reduce((sum, r) => sum + r.kept, 0);
  const ours = number(`SELECT coalesce(sum(CASE WHEN c.state = 'succeeded' THEN c.amount_cents ELSE a.amount_cents END), 0)
      - (SELECT coalesce(sum(amount_cents), 0) FROM refunds WHERE state = 'succeeded')
    FROM payment_attempts a LEFT JOIN captures c ON c.attempt_id = a.id AND c.state = 'succeeded'
    WHERE a.method IN ('card', 'redirect') AND (a.state = 'authorised' OR c.id IS NOT NULL)`);
  return [
    ["charges at the gateway", money.length, null],
    ["  of no order of ours", money.filter((r) => !r.attempt).length, 0],
    ["  of an order that is not confirmed", money.filter((r) => r.attempt && r.attempt.order_state !== "confirmed").length, 0],
    ["  second ones of one order", [...perOrder.values()].filter((n) => n > 1).length, 0],
    ["  of another sum than the order's", money.filter((r) => r.attempt && r.kept !== r.attempt.amount).length, 0],
    ["cents at the gateway", gateway, null],
    ["  other than in our books", gateway - ours, 0],
    ["confirmed orders paid by card or redirect", number("SELECT count(*) FROM orders WHERE state = 'confirmed' AND pay_by IN ('card', 'redirect')"), null],
    ["  without their charge", number("SELECT count(*) FROM orders WHERE state = 'confirmed' AND pay_by IN ('card', 'redirect')") - [...perOrder.keys()].filter(Boolean).length, 0],
    ["baskets with two orders", number("SELECT count(*) FROM (SELECT 1 FROM orders GROUP BY basket_id HAVING count(*) > 1) twice"), 0],
    ["payments nobody knows the end of", number("SELECT count(*) FROM payment_attempts WHERE state IN ('created', 'processing') AND method IN ('card', 'redirect') AND approve_at IS NULL"), 0],
    ["units of stock held", number("SELECT sum(held) FROM stock"), null],
    ["  products held for nobody or too few", number("SELECT count(*) FROM stock s WHERE held <> (SELECT coalesce(sum(units), 0) FROM stock_holds h WHERE h.product_id = s.product_id)"), 0],
    ["  below nothing", number("SELECT count(*) FROM stock WHERE held < 0 OR on_hand < held"), 0],
    ["  holds other than the order's lines", number("SELECT count(*) FROM order_lines l JOIN orders o ON o.id = l.order_id LEFT JOIN stock_holds h ON h.order_id = l.order_id AND h.product_id = l.product_id WHERE coalesce(h.units, 0) <> CASE WHEN o.state IN ('placed', 'confirmed') THEN l.quantity ELSE 0 END"), 0],
    ["windows held", number("SELECT sum(taken) FROM delivery_windows"), null],
    ["  for nobody or overbooked", number("SELECT count(*) FROM delivery_windows w WHERE taken > capacity OR taken <> (SELECT count(*) FROM window_holds h WHERE h.window_id = w.id)"), 0],
    ["  orders without theirs", number("SELECT count(*) FROM orders o WHERE (state IN ('placed', 'confirmed')) <> EXISTS (SELECT FROM window_holds h WHERE h.order_id = o.id)"), 0],
    ["confirmed orders without their letter", number("SELECT count(*) FROM events e WHERE kind = 'order_confirmed' AND NOT EXISTS (SELECT FROM outbox b WHERE b.event_id = e.id AND b.done_at IS NOT NULL)"), 0],
    ["letters sent twice", number("SELECT count(*) FROM (SELECT 1 FROM outgoing_mail GROUP BY to_address, subject HAVING count(*) > 1) twice"), 0],
    ["jobs given up", number("SELECT count(*) FROM outbox WHERE failed IS NOT NULL"), 0],
  ];
}

async function main(postgres) {
  const database = "chaos";
  const sql = (text) => postgres.sql(database, text);
  postgres.sql("postgres", `DROP DATABASE IF EXISTS ${database}`);
  postgres.sql("postgres", `CREATE DATABASE ${database}`);
  const url = postgres.url(database);
  smartshop(url, "migrate");
  smartshop(url, "demo");
  const gateway = await openGateway(join(folder, "gateway"), { port: GATEWAY, shopPort: PORT, chaos: SEED });
  key = gateway.settings.SMARTSHOP_PAYMENT_PUBLISHABLE_KEY;
  const shop = openShop(url, gateway.settings);
  await shop.ready();
  // Few of each, and little room: some have to be told that it is gone.
  sql("UPDATE stock SET on_hand = 160 WHERE on_hand > 0");
  sql("UPDATE delivery_windows SET capacity = 40 WHERE capacity > 0");
  const skus = sql("SELECT sku FROM products JOIN stock ON product_id = id WHERE minimum_age = 0 AND on_hand > 0 AND price_cents BETWEEN 400 AND 590 ORDER BY id LIMIT 60").split("\n");
  const dice = chance(SEED);
  const kills = Array.from({ length: KILLS }, () => 1 + dice.below(ORDERS - 1)).sort((a, b) => a - b);
  let [next, killed] = [0, 0];
  const killer = (async () => {
    for (const at of kills) {
      await until(1_800_000, 20, () => tally.orders >= at || next < 0, () => "no more orders came");
      await sleep(dice.below(400));
      await shop.kill();
      killed++;
      say(`killed and started again (${killed} of ${KILLS}) after ${tally.orders} orders`);
      await sleep(300);
    }
  })();
  const began = Date.now();
  await Promise.all(Array.from({ length: SHOPPERS }, async () => {
    while (tally.orders < ORDERS && next < ORDERS * 3) await oneOrder(skus, next++);
  }));
  next = -1;
  await killer;
  await shop.ready();
  say(`${tally.orders} orders in ${((Date.now() - began) / 1000).toFixed(0)} s; ${SETTLE_SECONDS} s for the rest to settle`);
  await sleep(SETTLE_SECONDS * 1000);
  const figures = await audit(sql);
  console.log(`seed ${SEED}, ${killed} kills, ${JSON.stringify({ ...tally, other: tally.other.length })}`);
  for (const words of new Set(tally.other)) console.log(`  unexpected: ${words}`);
  for (const [name, figure, wanted] of figures) {
    console.log(`${name.padEnd(46)} ${String(figure).padStart(9)}  ${wanted === null ? "" : figure === wanted ? "ok" : "WRONG"}`);
  }
  await shop.stop();
  await gateway.stop();
  return tally.orders >= ORDERS && killed === KILLS && tally.other.length === 0 && figures.every(([, figure, wanted]) => wanted === null || figure === wanted);
}

process.setMaxListeners(0);
rmSync(join(folder, "gateway"), { recursive: true, force: true });
rmSync(join(folder, "data"), { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const postgres = await startPostgres(join(folder, ".."));
let good = false;
try {
  good = await main(postgres);
} catch (e) {
  console.error(`chaos: ${e.stack}`);
} finally {
  await postgres.stop();
}
process.exit(good ? 0 : 1);
