// `make chaos`: shoppers order, and pickers, a dispatcher, riders and a carrier bring it all to the doors,
// while gateway and carrier are in their worst moods and the shop is killed again and again. Afterwards
// orders, drops, gateway, carrier, stock, windows and the log have to agree to the cent and the unit.
// CHAOS_ORDERS, CHAOS_KILLS (while they order, and as many again until the last is there) and CHAOS_SEED
// change the run.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CASH, Refused, Sturdy, card, person } from "./buyer.mjs";
import { Dispatcher, Picker, Rider, drive, hire, shipments } from "./crew.mjs";
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
/** Webhooks that are held back come within 22 s. */
const LAST_SECONDS = 30;
/** Everything that is confirmed is at its door by then. */
const BRING_SECONDS = 420;
const PICKERS = 4;
const RIDERS = 4;
const UNITS = 160;
const folder = join(import.meta.dirname, "data", "chaos");
const say = (text) => process.stderr.write(`${text}\n`);

/** When the last order was placed. */
let placedAt = 0;
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
    placedAt = Date.now();
    const number = page.match(/\/orders\/([0-9A-Z-]+)/)[1];
    await seeToPayment(buyer, number);
    if (dice.below(20) === 0) {
      await buyer.send(`/orders/${number}/cancellation`, {});
      tally.cancelled++;
    }
  } catch (e) {
    if (e instanceof Refused && e.status === 409) tally.soldOut++;
    else if (e instanceof Refused && e.status === 303) tally.soldOut++;
    else if (e instanceof Refused && e.status === 422 && /has just filled up/.test(e.message)) tally.soldOut++;
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
    SMARTSHOP_REQUESTS_PER_SECOND: "100000", SMARTSHOP_REQUESTS_AT_ONCE: "100000", SMARTSHOP_CARRIER_POLL_SECONDS: "5",
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

/** Every try to pay by card or redirect, by its key. */
const triesOf = (sql) => JSON.parse(sql(`SELECT coalesce(json_object_agg(a.id, json_build_object('order', o.number, 'order_state', o.state, 'state', a.state, 'intent', a.intent, 'amount',
      coalesce((SELECT c.amount_cents FROM captures c WHERE c.attempt_id = a.id AND c.state = 'succeeded'), a.amount_cents)
      - (SELECT coalesce(sum(r.amount_cents), 0) FROM refunds r WHERE r.attempt_id = a.id AND r.state = 'succeeded'))), '{}')
    FROM payment_attempts a JOIN orders o ON o.id = a.order_id WHERE a.method IN ('card', 'redirect')`));
const isSure = (state) => ["confirmed", "completed"].includes(state);

/** What is promised a minute after the last order, whatever has been brought by then: the books first, since what they say has to be known here by now. */
async function firstAudit(sql) {
  const rows = await books();
  const tries = triesOf(sql);
  const money = rows.filter((r) => r.held + r.captured - r.refunded !== 0).map((r) => ({ ...r, attempt: tries[r.metadata.attempt] }));
  const perOrder = new Map();
  for (const r of money) if (r.attempt && r.attempt.order_state !== "cancelled") perOrder.set(r.attempt.order, (perOrder.get(r.attempt.order) ?? 0) + 1);
  const sure = new Set(sql("SELECT number FROM orders WHERE state IN ('confirmed', 'completed') AND pay_by IN ('card', 'redirect')").split("\n").filter(Boolean));
  return [
    ["charges at the gateway by then", money.length, null],
    ["  of no order of ours", money.filter((r) => !r.attempt).length, 0],
    ["  of an order that is not confirmed yet", money.filter((r) => r.attempt && !isSure(r.attempt.order_state) && r.attempt.order_state !== "cancelled").length, 0],
    ["  going back, as their order was cancelled", money.filter((r) => r.attempt?.order_state === "cancelled").length, null],
    ["  second ones of one order", [...perOrder.values()].filter((n) => n > 1).length, 0],
    ["orders that are confirmed and paid by then", sure.size, null],
    ["  without their charge", [...sure].filter((number) => !perOrder.has(number)).length, 0],
  ];
}

const print = (figures) => {
  for (const [name, figure, wanted] of figures) console.log(`${name.padEnd(48)} ${String(figure).padStart(9)}  ${wanted === null ? "" : figure === wanted ? "ok" : "WRONG"}`);
};
const isRight = ([, figure, wanted]) => wanted === null || figure === wanted;

/** Everything that has to agree, as figures that have to be what stands beside them. */
async function audit(sql) {
  const number = (text) => Number(sql(text));
  const paid = triesOf(sql);
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
    ["  of an order that is not confirmed", money.filter((r) => r.attempt && !isSure(r.attempt.order_state)).length, 0],
    ["  reserved and not taken though it is there", money.filter((r) => r.held > 0 && r.attempt?.order_state === "completed").length, 0],
    ["  second ones of one order", [...perOrder.values()].filter((n) => n > 1).length, 0],
    ["  of another sum than the order's", money.filter((r) => r.attempt && r.kept !== r.attempt.amount).length, 0],
    ["cents at the gateway", gateway, null],
    ["  other than in our books", gateway - ours, 0],
    ["orders paid by card or redirect", number("SELECT count(*) FROM orders WHERE state IN ('confirmed', 'completed') AND pay_by IN ('card', 'redirect')"), null],
    ["  without their charge", number("SELECT count(*) FROM orders WHERE state IN ('confirmed', 'completed') AND pay_by IN ('card', 'redirect')") - [...perOrder.keys()].filter(Boolean).length, 0],
    ["baskets with two orders", number("SELECT count(*) FROM (SELECT 1 FROM orders GROUP BY basket_id HAVING count(*) > 1) twice"), 0],
    ["payments nobody knows the end of", number("SELECT count(*) FROM payment_attempts WHERE state IN ('created', 'processing') AND method IN ('card', 'redirect') AND approve_at IS NULL"), 0],
    ["units of stock held", number("SELECT sum(held) FROM stock"), null],
    ["  products held for nobody or too few", number("SELECT count(*) FROM stock s WHERE held <> (SELECT coalesce(sum(units), 0) FROM stock_holds h WHERE h.product_id = s.product_id)"), 0],
    ["  below nothing", number("SELECT count(*) FROM stock WHERE held < 0 OR on_hand < held"), 0],
    ["  holds other than the order's lines", number("SELECT count(*) FROM order_lines l JOIN orders o ON o.id = l.order_id LEFT JOIN stock_holds h ON h.order_id = l.order_id AND h.product_id = l.product_id WHERE coalesce(h.units, 0) <> CASE WHEN o.state IN ('placed', 'confirmed') AND NOT EXISTS (SELECT FROM picks p WHERE p.order_id = l.order_id AND p.position = l.position) THEN l.quantity ELSE 0 END"), 0],
    ["  shelves other than their last movement", number("SELECT count(*) FROM (SELECT DISTINCT ON (product_id) product_id, on_hand FROM stock_movements ORDER BY product_id, id DESC) m JOIN stock s USING (product_id) WHERE s.on_hand <> m.on_hand"), 0],
    ["windows held", number("SELECT sum(taken) FROM delivery_windows"), null],
    ["  for nobody or overbooked", number("SELECT count(*) FROM delivery_windows w WHERE taken > capacity OR taken <> (SELECT count(*) FROM window_holds h WHERE h.window_id = w.id)"), 0],
    ["  orders without theirs", number("SELECT count(*) FROM orders o WHERE (state IN ('placed', 'confirmed', 'completed')) <> EXISTS (SELECT FROM window_holds h WHERE h.order_id = o.id)"), 0],
    ["confirmed orders without their letter", number("SELECT count(*) FROM events e WHERE kind = 'order_confirmed' AND NOT EXISTS (SELECT FROM outbox b WHERE b.event_id = e.id AND b.done_at IS NOT NULL)"), 0],
    ["letters sent twice", number("SELECT count(*) FROM (SELECT 1 FROM outgoing_mail WHERE subject !~ '^(On the way|Not delivered yet|Running late|Not paid yet|Waits for your approval)' GROUP BY to_address, subject HAVING count(*) > 1) twice"), 0],
    ...await onTheWay(number),
    ["jobs given up", number("SELECT count(*) FROM outbox WHERE failed IS NOT NULL"), 0],
  ];
}

/** Whether what lies at the doors, at the carrier and in the log is one story. */
async function onTheWay(number) {
  const carried = (await shipments(GATEWAY)).data;
  const live = carried.filter((s) => !s.cancelled);
  const keys = (list) => (list.length === 0 ? "(NULL::uuid)" : list.map((s) => `('${s.key}'::uuid)`).join(","));
  const told = carried.filter((s) => s.states.includes("delivered"));
  return [
    ["orders brought to their doors", number("SELECT count(*) FROM orders WHERE state = 'completed'"), null],
    ["  of them in a second try or later", number("SELECT count(*) FROM drops WHERE state = 'delivered' AND attempt > 1"), null],
    ["  of them by the carrier", number("SELECT count(*) FROM drops WHERE state = 'delivered' AND proof = 'carrier'"), null],
    ["  confirmed and not brought", number("SELECT count(*) FROM orders WHERE state = 'confirmed'"), 0],
    ["  completed without exactly one delivery", number("SELECT count(*) FROM orders o WHERE (state = 'completed') <> ((SELECT count(*) FROM drops d WHERE d.order_id = o.id AND d.state = 'delivered') = 1)"), 0],
    ["  told as delivered twice", number("SELECT count(*) FROM (SELECT 1 FROM events WHERE kind = 'drop_delivered' GROUP BY detail->>'drop' HAVING count(*) > 1) twice"), 0],
    ["  picked by two, or packed twice", number("SELECT count(*) FROM (SELECT 1 FROM events WHERE kind = 'order_packed' GROUP BY subject HAVING count(*) > 1) twice"), 0],
    ["  charged other than they came to", number("SELECT count(*) FROM orders o JOIN fulfilments f ON f.order_id = o.id WHERE o.state = 'completed' AND f.total_cents <> (SELECT sum(c.amount_cents) FROM captures c JOIN payment_attempts a ON a.id = c.attempt_id WHERE a.order_id = o.id AND c.state = 'succeeded') - (SELECT coalesce(sum(r.amount_cents), 0) FROM refunds r JOIN payment_attempts a ON a.id = r.attempt_id WHERE a.order_id = o.id AND r.state = 'succeeded')"), 0],
    ["bookings at the carrier", live.length, null],
    ["  we know nothing of", live.length - number(`SELECT count(*) FROM carrier_bookings b JOIN (VALUES ${keys(live)}) v (id) USING (id)`), 0],
    ["  two of one drop", number(`SELECT count(*) FROM (SELECT 1 FROM carrier_bookings b JOIN (VALUES ${keys(live)}) v (id) USING (id) WHERE b.state <> 'kept' GROUP BY drop_id HAVING count(*) > 1) twice`), 0],
    ["  not wanted and not cancelled", number(`SELECT count(*) FROM carrier_bookings b JOIN (VALUES ${keys(live)}) v (id) USING (id) WHERE b.state NOT IN ('booked', 'kept')`), 0],
    ["  wanted and not there", number(`SELECT count(*) FROM carrier_bookings b WHERE state = 'booked' AND id NOT IN (SELECT v.id FROM (VALUES ${keys(live)}) v (id) WHERE v.id IS NOT NULL)`), 0],
    ["  asked or ended without an answer", number("SELECT count(*) FROM carrier_bookings WHERE state IN ('asked', 'ending')"), 0],
    ["  delivered there and not here", number(`SELECT count(*) FROM carrier_bookings b JOIN (VALUES ${keys(told)}) v (id) USING (id) JOIN drops d ON d.id = b.drop_id JOIN orders o ON o.id = d.order_id WHERE d.state <> 'delivered' AND o.state <> 'cancelled' AND NOT EXISTS (SELECT FROM drops e WHERE e.order_id = d.order_id AND e.state = 'delivered')`), 0],
    ["words of the carrier heard", number("SELECT count(*) FROM carrier_words"), null],
    ["  that still wait", number("SELECT count(*) FROM carrier_words WHERE decision = 'waiting'"), 0],
    ["  of a state nobody knows, kept for staff", number("SELECT count(*) FROM carrier_words WHERE decision = 'unknown_state'"), null],
  ];
}

/** Whether the log alone tells it all; its own words where it does not. */
function rebuilt(url) {
  try {
    return ["rows that the log tells otherwise", 0, 0, smartshop(url, "rebuild")];
  } catch (e) {
    return ["rows that the log tells otherwise", 1, 0, `${e.stdout}${e.stderr}`];
  }
}

/** The staff, signed in. Goods are counted, so that some run out. */
async function openCrew(url, sql, skus) {
  const dice = (n) => chance(SEED * 100 + n);
  const names = (role, count) => Array.from({ length: count }, (_, n) => `${role}${n}@shop.example`);
  for (const [role, count] of [["warehouse", PICKERS], ["dispatch", 1], ["rider", RIDERS]]) for (const email of names(role, count)) hire(url, email, role);
  const pickers = await Promise.all(names("warehouse", PICKERS).map((email, n) => new Picker(PORT, dice(n), email).signIn()));
  const dispatcher = await new Dispatcher(PORT, dice(20), "dispatch0@shop.example").signIn();
  const riders = await Promise.all(names("rider", RIDERS).map(async (email, n) => (await new Rider(PORT, dice(30 + n), email).signIn()).begin()));
  sql("UPDATE riders SET capacity = 12");
  for (const sku of skus) await pickers[0].count(sku, UNITS);
  return { pickers, dispatcher, riders };
}

/** All of them work until they are told to stop. What goes wrong is kept, and they go on. */
function setToWork({ pickers, dispatcher, riders }) {
  let isOver = false;
  const at = async (who, pause) => {
    while (!isOver) {
      const worked = await who.work().catch((e) => void tally.other.push(`${who.email}: ${e.message.slice(0, 300)}`));
      await sleep(worked ? 5 : pause);
    }
  };
  const van = drive(GATEWAY, chance(SEED + 7), () => !isOver);
  const all = [...pickers.map((p) => at(p, 400)), at(dispatcher, 500), ...riders.map((r) => at(r, 400))];
  return async () => {
    isOver = true;
    await Promise.all(all);
    return van;
  };
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
  const shop = openShop(url, { ...gateway.settings, ...gateway.carriers });
  await shop.ready();
  // Few of each, and little room: some have to be told that it is gone.
  sql("UPDATE delivery_windows SET capacity = 40 WHERE capacity > 0");
  const skus = sql("SELECT sku FROM products JOIN stock ON product_id = id WHERE minimum_age = 0 AND on_hand > 0 AND price_cents BETWEEN 400 AND 590 ORDER BY id LIMIT 60").split("\n");
  const crew = await openCrew(url, sql, skus);
  const stopCrew = setToWork(crew);
  const dice = chance(SEED);
  const kills = Array.from({ length: KILLS }, () => 1 + dice.below(ORDERS - 1)).sort((a, b) => a - b);
  let [next, killed] = [0, 0];
  const killer = (async () => {
    for (const at of kills) {
      await until(1_800_000, 20, () => tally.orders >= at || next < 0, () => "no more orders came");
      await sleep(dice.below(400));
      await shop.kill();
      killed++;
      say(`killed and started again (${killed} of ${2 * KILLS}) after ${tally.orders} orders`);
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
  const ordered = ((Date.now() - began) / 1000).toFixed(0);
  // Nobody kills it now: a minute is what a paid order may take to be known.
  await sleep(Math.max(0, placedAt + SETTLE_SECONDS * 1000 - Date.now()));
  const late = ((Date.now() - placedAt) / 1000).toFixed(1);
  const first = await firstAudit(sql);
  console.log(`${late} s after the last order:`);
  print(first);
  const toBring = () => Number(sql("SELECT count(*) FROM orders WHERE state = 'confirmed'"));
  const left = toBring();
  say(`${tally.orders} orders in ${ordered} s; ${left} of them are not at their doors yet`);
  for (let n = 1; n <= KILLS; n++) {
    const marks = left * (1 - n / (KILLS + 1));
    await until(BRING_SECONDS * 1000, 200, () => toBring() <= marks, () => `the crew does not get on: ${toBring()} wait`);
    await sleep(dice.below(400));
    await shop.kill();
    killed++;
    say(`killed and started again (${killed} of ${2 * KILLS}), ${toBring()} still to bring`);
    await sleep(300);
  }
  await shop.ready();
  // Whoever paid and never came back is known of by then, and brought as well.
  await sleep(SETTLE_SECONDS * 1000);
  const isQuiet = () => toBring() + Number(sql("SELECT count(*) FROM carrier_bookings WHERE state IN ('asked', 'ending')")) === 0;
  await until(BRING_SECONDS * 1000, 500, isQuiet, () => `the crew does not get on: ${toBring()} wait`).catch((e) => tally.other.push(e.message));
  const van = await stopCrew();
  for (const rider of crew.riders) for (let n = 0; n < rider.sent.length; n += 150) await rider.upload(rider.sent.slice(n, n + 150));
  say(`all brought after ${((Date.now() - began) / 1000).toFixed(0)} s; ${LAST_SECONDS} s for the last words to come`);
  await sleep(LAST_SECONDS * 1000);
  const sum = (of) => crew.riders.reduce((all, rider) => all + of(rider), 0);
  const figures = await audit(sql);
  figures.push(
    ["words of riders' phones", sum((r) => r.sent.length), null],
    ["  answered otherwise when sent again", sum((r) => r.answeredOtherwise), 0],
    ["  lost, or kept twice", sum((r) => r.sent.length) - Number(sql("SELECT count(*) FROM rider_uploads")), 0],
  );
  const [name, differ, none, words] = rebuilt(url);
  figures.push([name, differ, none]);
  console.log(words.trim());
  console.log(`the carrier: ${crew.dispatcher.booked} given to it by hand, ${JSON.stringify(van)}; ${crew.dispatcher.again} tries planned again`);
  console.log(`seed ${SEED}, ${killed} kills, ${JSON.stringify({ ...tally, other: tally.other.length })}`);
  for (const words of new Set(tally.other)) console.log(`  unexpected: ${words}`);
  console.log("once all is brought:");
  print(figures);
  await shop.stop();
  await gateway.stop();
  return tally.orders >= ORDERS && killed === 2 * KILLS && tally.other.length === 0 && [...first, ...figures].every(isRight);
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
