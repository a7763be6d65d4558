// Two thousand open pages of as many orders at one instance, each with its stream, while pickers work at
// another one: how long until a change stands on its page, and what a stream costs.

import { connect } from "node:net";
import { Buyer } from "./buyer.mjs";
import { placeOrders, stockUp } from "./orders.mjs";
import { goods, openTwo } from "./outbox.mjs";
import { typing } from "./shop.mjs";
import { address, chance, median, percentile, sleep, until } from "./shared.mjs";

const PORTS = [18_194, 18_195];
const PAGES = 2_000;
const PER_SECOND = 50;
const SECONDS = 40;
/** As many as do fifty steps a second without any address writing more often than one may. */
const PICKERS = 15;
const PASSWORD = "three green apples";

/** An open stream. `heard` is called with the version of each word of the order. */
function openStream(port, { page, buyer }, heard) {
  const cookie = [...buyer.cookies].map(([k, v]) => `${k}=${v}`).join("; ");
  const headers = { ...buyer.headers, cookie, accept: "text/event-stream" };
  const lines = Object.entries(headers).map(([k, v]) => `${k}: ${v}\r\n`).join("");
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  socket.write(`GET ${page}/live HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${lines}\r\n`);
  let text = "";
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`the stream of ${page} was closed: ${text.slice(0, 300)}`)));
    socket.on("data", (part) => {
      text += part.latin1Slice();
      for (let word; (word = text.match(/event: order\ndata: (\d+)[^\n]*\n\n/)); text = text.slice(word.index + word[0].length)) {
        heard(Number(word[1]));
        resolve(socket);
      }
    });
  });
}

/** Colleagues of the house, each at an address of their own; those of earlier runs are gone. */
export async function signIn(postgres, database, port, role, count) {
  postgres.sql(database, `SET session_replication_role = replica; DELETE FROM staff_sessions; DELETE FROM staff_members WHERE email LIKE '%@bench.example'`);
  const colleagues = [];
  for (let n = 0; n < count; n++) {
    const email = `${role}${n}@bench.example`;
    typing(PASSWORD, postgres.url(database), "staff", "add", "--email", email, "--name", `${role} ${n}`, "--role", role);
    const colleague = new Buyer(port, address(chance(7_000_000 + n)), {});
    await colleague.submit("/staff/sign-in", { email, password: PASSWORD });
    colleagues.push(colleague);
  }
  return colleagues;
}

/** A page fetches itself after a word, and shows that its order is being picked. */
async function look(place, version) {
  const page = await place.buyer.get(place.page);
  if (page.status !== 200) throw new Error(`${place.page} answered ${page.status}`);
  const shows = Number(page.text.match(/data-version="(\d+)/)?.[1]);
  if (shows >= version && page.text.includes("We are picking your order")) place.shown ??= performance.now();
}

/** Fifty orders a second are taken in hand; says of each how long until its page showed it, in ms. */
async function pickAll(pickers, placed) {
  const began = performance.now();
  const taking = [];
  for (let n = 0; n < placed.length; n++) {
    const due = began + (n * 1000) / PER_SECOND;
    if (due > performance.now()) await sleep(due - performance.now());
    placed[n].begun = performance.now();
    taking.push(pickers[n % PICKERS].submit(`/warehouse/orders/${placed[n].number}/picking`, {}));
  }
  await Promise.all(taking);
  const missing = () => placed.filter((p) => !p.shown).length;
  await until(15_000, 50, () => missing() === 0, () => `${missing()} pages never showed the change of their order`);
  return { took: placed.map((p) => p.shown - p.begun), rate: placed.length / ((performance.now() - began) / 1000) };
}

export async function measureTrackers(postgres, database, folder) {
  stockUp(postgres, database);
  const [shop, other] = await openTwo(postgres, database, folder, "trackers", PORTS);
  const placed = await placeOrders(shop.port, goods(postgres, database), PAGES, 8_000_000);
  const pickers = await signIn(postgres, database, other.port, "warehouse", PICKERS);
  await sleep(3_000);
  const before = shop.memory().now;
  const failed = [];
  const sockets = [];
  for (const place of placed) {
    const heard = (version) => place.begun && look(place, version).catch((e) => failed.push(e));
    sockets.push(await openStream(shop.port, place, heard));
  }
  const opened = shop.memory().now;
  const { took, rate } = await pickAll(pickers, placed.slice(0, PER_SECOND * SECONDS));
  const after = shop.memory().now;
  sockets.forEach((socket) => { socket.removeAllListeners("close"); socket.destroy(); });
  await Promise.all([shop.stop(), other.stop()]);
  if (failed.length > 0) throw failed[0];
  const each = (mib) => ((mib - before) * 1024 * 1024) / 1000 / placed.length;
  return { pages: placed.length, rate, p50: median(took), p99: percentile(took, 0.99), most: Math.max(...took), each: each(opened), eachAfter: each(after) };
}
