// In real time: orders that were to be in time are not any more, because of what others do and nothing else.
// How long until word of it is in the log, by the database's own times of commit.

import { choosing, placeOrders, stockUp } from "./orders.mjs";
import { goods, openTwo } from "./outbox.mjs";
import { until } from "./shared.mjs";

const PORTS = [18_176, 18_177];
/** Those who are to be told, and those who come before them. */
const LATE = 4;
const BEFORE = 80;
/** The late ones have a window that begins so much after the first one, in seconds. */
const APART = 1_800;
/** A house in which each order takes half an hour to pick, and nobody picks: eighty of them take longer than until tomorrow. */
const SLOW = { SMARTSHOP_FORECAST_SECONDS_AN_ORDER: "1800", SMARTSHOP_FORECAST_AHEAD_HOURS: "24" };

export async function measureForecast(postgres, database, folder) {
  stockUp(postgres, database);
  const shops = await openTwo(postgres, database, folder, "forecasts", PORTS, SLOW);
  const skus = goods(postgres, database);
  const number = (sql) => Number(postgres.sql(database, `SELECT ${sql}`));
  const into = choosing(postgres, database);
  const late = await placeOrders(PORTS[0], skus, LATE, 5_000_000, into(APART));
  const theirs = `(SELECT id FROM orders WHERE number IN (${late.map((o) => `'${o.number}'`)}))`;
  const told = () => number(`count(DISTINCT subject) FROM events WHERE kind = 'delay_foreseen' AND subject IN ${theirs}`);
  await until(60_000, 200, () => number(`count(*) FROM forecasts WHERE order_id IN ${theirs} AND expected_at IS NOT NULL`) === LATE, () => "there is no forecast");
  if (told() > 0) throw new Error("they were late before anybody did anything");
  // The act: others order for an earlier window, and are picked first.
  await placeOrders(PORTS[1], skus, BEFORE, 5_500_000, into(0));
  await until(120_000, 200, () => told() === LATE, () => `${told()} of ${LATE} were told that it gets late`);
  await Promise.all(shops.map((shop) => shop.stop()));
  const causes = postgres.sql(database, `SELECT DISTINCT detail->>'cause' FROM events WHERE kind = 'delay_foreseen' AND subject IN ${theirs}`);
  if (causes !== "queue_too_long") throw new Error(`the cause was said to be ${causes}`);
  const committed = "extract(epoch FROM pg_xact_commit_timestamp(e.xmin))";
  const first = `(SELECT min(${committed}) FROM events e WHERE e.kind = 'order_placed' AND e.subject NOT IN ${theirs})`;
  const last = `(SELECT max(${committed}) FROM events e WHERE e.kind = 'delay_foreseen' AND e.subject IN ${theirs})`;
  return { late: LATE, before: BEFORE, after: number(`${last} - ${first}`) };
}
