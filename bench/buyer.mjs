// A shopper as a program: keeps cookies, fills in the pages' own forms, follows where they lead.

import { ask } from "./shop.mjs";
import { sleep } from "./shared.mjs";

const FIELDS = /<input[^>]*type="hidden"[^>]*>/g;
const value = (tag, name) => tag.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1];

export class Buyer {
  constructor(port, address, person) {
    this.cookies = new Map();
    this.person = person;
    this.headers = { "x-forwarded-for": address, "user-agent": "Mozilla/5.0 (bench)", "sec-fetch-site": "same-origin", dnt: "1" };
    this.port = port;
  }

  /** A form, or JSON as a script sends it. */
  async send(path, form, json) {
    const cookie = [...this.cookies].map(([k, v]) => `${k}=${v}`).join("; ");
    const headers = cookie ? { ...this.headers, cookie } : this.headers;
    const port = typeof this.port === "function" ? this.port() : this.port;
    const answer = await ask(port, path, { method: form || json ? "POST" : "GET", headers, form, json });
    for (const set of answer.headers["set-cookie"] ?? []) {
      const [pair, ...attributes] = set.split(";");
      const [name, ...rest] = pair.split("=");
      if (attributes.some((a) => a.trim() === "Max-Age=0")) this.cookies.delete(name.trim());
      else this.cookies.set(name.trim(), rest.join("="));
    }
    return answer;
  }

  get(path) {
    return this.send(path);
  }

  /** Sends a form that has to lead on; says where to. */
  async submit(path, form) {
    const answer = await this.send(path, form);
    if (answer.status !== 303) throw new Refused(path, answer);
    return answer.headers.location;
  }

  async fill(place, wants) {
    await this.submit("/place", { place });
    for (const [sku, quantity] of wants) await this.submit(`/basket/lines/${sku}`, { quantity: String(quantity) });
  }

  /** The first step: who, where, when. The first window that has room, or the one that is asked for. */
  async delivery(choose = (ids) => ids[0], day = "") {
    const page = await this.get(`/checkout/delivery${day && `?day=${day}`}`);
    const free = [...page.text.matchAll(/<input[^>]*name="window"[^>]*>/g)].map((m) => m[0]).filter((t) => !/\sdisabled/.test(t));
    if (free.length === 0) throw new Refused("/checkout/delivery", page);
    const window = choose(free.map((t) => value(t, "value")));
    return this.submit("/checkout/delivery", { ...this.person, window, substitutions: "similar" });
  }

  async payment(paying) {
    await this.get("/checkout/payment");
    return this.submit("/checkout/payment", paying);
  }

  /** The last step as the page has it: key, what was seen, sums. */
  async review() {
    const page = await this.get("/checkout/review");
    const form = page.text.split('action="/checkout/order"')[1]?.split("</form>")[0];
    if (!form) throw new Refused("/checkout/review", page);
    const hidden = form.match(FIELDS) ?? [];
    return Object.fromEntries(hidden.map((tag) => [value(tag, "name"), value(tag, "value")]));
  }
}

/** A browser of somebody who presses "reload" when the shop does not answer. */
export class Sturdy extends Buyer {
  async send(...what) {
    const end = Date.now() + 90_000;
    for (;;) {
      const answer = await super.send(...what).catch((e) => e);
      if (!(answer instanceof Error) && answer.status !== 503) return answer;
      if (Date.now() > end) throw answer instanceof Error ? answer : new Refused(what[0], answer);
      await sleep(150);
    }
  }
}

/** A page that did not lead on, with what it said. */
export class Refused extends Error {
  constructor(path, answer) {
    const words = answer.text.replace(/<style.*?<\/style>|<script.*?<\/script>|<head>.*?<\/head>/gs, " ").replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
    super(`${path} answered ${answer.status}: ${words.slice(0, 600)}`);
    this.status = answer.status;
    this.answer = answer;
  }
}

export const CASH = { way: "cash_at_door" };
/** A card by the gateway's name for it; everybody has one of their own. */
export const card = (method, n = 4242) => ({ way: "card", method, brand: "visa", last4: String(n % 10_000).padStart(4, "0"), expires: "12/2030", wallet: "" });

/** Somebody with a mail and a telephone of their own, as shoppers have. */
export function person(n) {
  return { name: `Buyer ${n}`, email: `buyer${n}@example.ie`, phone: `086 ${String(1_000_000 + (n % 9_000_000))}`, line: `${1 + (n % 200)} Leinster Road`, eircode: "D06 X2Y3" };
}
