// One incident for a thousand orders: how long its preview and its click take, how long until the last order
// is moved and its letter queued; and the same again with the shop killed in the middle.

import { join } from "node:path";
import { choosing, placeOrders, stockUp } from "./orders.mjs";
import { goods } from "./outbox.mjs";
import { openShop } from "./shop.mjs";
import { sleep, until } from "./shared.mjs";
import { signIn } from "./trackers.mjs";

const PORT = 18_198;
const ORDERS = 1_000;
/** So long for all of them, also where whoever had some in hand was killed. */
const PATIENCE = 180_000;

/** All orders are for a window that begins so many seconds behind the first one. */
const AWAY = 4 * 3_600;
/** Nobody picks here, and a thousand orders in the queue would be late of themselves. */
const QUICK = { SMARTSHOP_FORECAST_SECONDS_AN_ORDER: "1", SMARTSHOP_FORECAST_SECONDS_A_LINE: "1" };

/** A time as a browser sends it, on the shop's clock. */
const local = (at) => at.toLocaleString("sv-SE", { timeZone: "Europe/Dublin" }).replace(" ", "T").slice(0, 16);

const hidden = (text, name) => text.match(new RegExp(`type="hidden" name="${name}" value="([^"]*)"`))?.[1] ?? "";

/** Looks at the preview and closes everything until then; says how long both took, in ms, and where one sees it. */
async function close(dispatcher, hours) {
  const [from, to] = [new Date(), new Date(Date.now() + hours * 3_600_000)].map(local);
  let began = performance.now();
  const preview = await dispatcher.get(`/dispatch/incidents/new?${new URLSearchParams({ kind: "snow", from, to })}`);
  const looked = performance.now() - began;
  const moves = Number(preview.text.match(/(\d+) orders? moves? to a later time/)?.[1]);
  if (moves !== ORDERS) throw new Error(`the preview speaks of ${moves} orders`);
  const form = Object.fromEntries(["token", "kind", "zone", "window", "from", "to", "note"].map((n) => [n, hidden(preview.text, n)]));
  began = performance.now();
  const page = await dispatcher.submit("/dispatch/incidents", form);
  return { page, began, looked, clicked: performance.now() - began };
}

export async function measureIncident(postgres, database, folder) {
  stockUp(postgres, database);
  // What a run that broke off has left closed.
  postgres.sql(database, "UPDATE delivery_windows SET closed_by = NULL; DELETE FROM incident_orders; DELETE FROM incidents");
  const open = () => openShop(postgres.url(database), PORT, join(folder, "incident.log"), { SMARTSHOP_DATA_DIR: join(folder, "incident"), ...QUICK });
  const count = (what) => Number(postgres.sql(database, `SELECT count(*) FROM ${what}`));
  let shop = await open();
  await placeOrders(PORT, goods(postgres, database), ORDERS, 6_000_000, choosing(postgres, database)(AWAY));
  const [dispatcher] = await signIn(postgres, database, PORT, "dispatch", 1);
  const letters = () => count(`outgoing_mail m JOIN events e ON m.dedupe = 'order ' || e.subject || ' event ' || e.id || ' mail'
    WHERE e.kind = 'delay_foreseen' AND e.detail->>'cause' = 'closure'`);
  const told = (times) => until(PATIENCE, 100, () => letters() === times * ORDERS, () => `${letters()} customers were written to, and not ${times * ORDERS}`);
  await until(20_000, 100, () => count("outbox WHERE done_at IS NULL") === 0, () => "the orders' own letters are not written");

  const whole = await close(dispatcher, 30);
  const progress = (await dispatcher.get(whole.page)).text.match(/(\d+) of (\d+) still to do/);
  if (progress?.[2] !== String(ORDERS)) throw new Error("the incident's page does not say how far it is");
  await told(1);
  whole.all = (performance.now() - whole.began) / 1000;
  await dispatcher.submit(`${whole.page}/ending`, {});

  const killed = await close(dispatcher, 60);
  const moved = () => count("incident_orders WHERE outcome = 'moved'") - ORDERS;
  await until(PATIENCE, 20, () => moved() >= ORDERS / 5, () => "nothing is moved");
  process.kill(shop.pid, "SIGKILL");
  await until(5_000, 5, () => !shop.alive(), () => "the shop cannot be killed");
  killed.left = ORDERS - moved();
  shop = await open();
  await told(2);
  killed.all = (performance.now() - killed.began) / 1000;
  const wrong = count("incident_orders WHERE outcome IS DISTINCT FROM 'moved'");
  if (wrong > 0) throw new Error(`${wrong} orders were not moved`);
  const doubled = count("(SELECT FROM events WHERE kind = 'delay_foreseen' AND detail->>'cause' = 'closure' GROUP BY subject HAVING count(*) <> 2) wrong");
  if (doubled > 0) throw new Error(`${doubled} customers were not told once of each`);
  await dispatcher.submit(`${killed.page}/ending`, {});
  await sleep(100);
  await shop.stop();
  return { orders: ORDERS, whole, killed };
}
