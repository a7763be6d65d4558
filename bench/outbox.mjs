// From commit to effect: how long work that an event leaves behind waits until it is done, with two
// instances at it, by the database's own times of commit.

import { join } from "node:path";
import { CASH } from "./buyer.mjs";
import { stockUp, wholeWay } from "./orders.mjs";
import { openShop } from "./shop.mjs";
import { chance, median, percentile, sleep, until } from "./shared.mjs";

const PORTS = [18_196, 18_197];
const PER_SECOND = 20;
const SECONDS = 20;

export const goods = (postgres, database) =>
  postgres.sql(database, "SELECT sku FROM products WHERE minimum_age = 0 AND price_cents BETWEEN 300 AND 700 AND withdrawn_at IS NULL ORDER BY id LIMIT 400").split("\n");

/** Two processes of the shop over one database. */
export function openTwo(postgres, database, folder, name, ports, more = {}) {
  const settings = { SMARTSHOP_DATA_DIR: join(folder, name), ...more };
  return Promise.all(ports.map((port) => openShop(postgres.url(database), port, join(folder, `${name}-${port}.log`), settings)));
}

/** Orders begin at their times, at either instance in turn. */
async function orderSteadily(shops, skus) {
  const all = [];
  const began = performance.now();
  for (let n = 0; n < PER_SECOND * SECONDS; n++) {
    const due = began + (n * 1000) / PER_SECOND;
    if (due > performance.now()) await sleep(due - performance.now());
    all.push(wholeWay(shops[n % 2].port, chance(9_000_000 + n), 9_000_000 + n, skus, CASH));
  }
  await Promise.all(all);
}

/** How long each job took, in ms: its row is written last in the transaction of its effect. */
function waits(postgres, database) {
  const took = `extract(epoch FROM pg_xact_commit_timestamp(o.xmin) - pg_xact_commit_timestamp(e.xmin)) * 1000`;
  const rows = postgres.sql(database, `SELECT ${took} FROM outbox o JOIN events e ON e.id = o.event_id`);
  return rows.split("\n").map(Number);
}

export async function measureOutbox(postgres, database, folder) {
  stockUp(postgres, database);
  const shops = await openTwo(postgres, database, folder, "outbox", PORTS);
  const count = (what) => Number(postgres.sql(database, `SELECT count(*) FROM ${what}`));
  await orderSteadily(shops, goods(postgres, database));
  const open = () => count("outbox WHERE done_at IS NULL");
  await until(20_000, 100, () => open() === 0, () => `${open()} jobs of the outbox are not done`);
  await Promise.all(shops.map((shop) => shop.stop()));
  // Nobody picks here: some are told that it gets late besides, and those letters are work as any other.
  const confirming = "outgoing_mail WHERE subject LIKE 'Order %'";
  const [orders, letters, again] = [count("orders"), count(confirming), count("outbox WHERE tries > 1")];
  if (orders !== PER_SECOND * SECONDS || letters !== orders) throw new Error(`${orders} orders were placed and ${letters} letters written`);
  const took = waits(postgres, database);
  return { rate: PER_SECOND, jobs: took.length, again, p50: median(took), p99: percentile(took, 0.99) };
}
