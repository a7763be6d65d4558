// The shop's staff as programs, working by its real pages: pickers, a dispatcher, riders whose phones send
// what happened again and again; and the van of the sandbox carrier. All go on when the shop is killed.

import { randomUUID } from "node:crypto";
import { Refused, Sturdy } from "./buyer.mjs";
import { ask, typing } from "./shop.mjs";
import { address, sleep } from "./shared.mjs";

const PASSWORD = "a-long-word-for-chaos";
/** More steps than any order takes. */
const MOST_STEPS = 80;

/** Gives somebody access, as an administrator would on the command line. */
export function hire(url, email, role) {
  typing(`${PASSWORD}\n`, url, "staff", "add", "--email", email, "--name", email.split("@")[0], "--role", role);
}

class Colleague extends Sturdy {
  constructor(port, dice, email) {
    super(port, address(dice), {});
    Object.assign(this, { dice, email });
  }

  async signIn() {
    await this.submit("/staff/sign-in", { email: this.email, password: PASSWORD });
    return this;
  }

  /** One chance in a hundred, so many times. */
  falls(percent) {
    return this.dice.below(100) < percent;
  }
}

export class Picker extends Colleague {
  /** Sets what is on a shelf, as whoever counts it does. */
  async count(sku, units) {
    const page = await this.get(`/warehouse/stock/${sku}`);
    const version = page.text.match(/\/count" method="post"><input type="hidden" name="version" value="(\d+)"/)?.[1];
    if (!version) throw new Refused(`/warehouse/stock/${sku}`, page);
    await this.submit(`/warehouse/stock/${sku}/count`, { version, units: String(units) });
  }

  /** Picks the next order from its first line to its bags. Says whether there was one. */
  async work() {
    const here = (await this.submit("/warehouse/next", {})).split("?")[0];
    if (!here.startsWith("/warehouse/orders/")) return false;
    for (let step = 0; step < MOST_STEPS; step++) {
      const { text } = await this.get(here);
      const line = text.match(/id="picked" action="[^"]*\/lines\/(\d+)\/pick"/)?.[1];
      if (line) await this.settle(here, line, text);
      else if (text.includes('id="pack"')) {
        await this.submit(`${here}/packing`, { ambient: "1", chilled: "1" });
        if (this.falls(15)) await this.submit(`${here}/hand-over`, {});
        return true;
      } else return true; // Its customer has cancelled it meanwhile, or it was packed before the kill.
    }
    throw new Error(`${here} is not picked after ${MOST_STEPS} steps`);
  }

  async settle(here, line, text) {
    if (this.falls(6)) await this.submit(`${here}/lines/${line}/leaving-out`, {});
    else {
      const grams = text.includes('id="grams"') ? { grams: "400" } : {};
      const units = text.match(/id="units" name="units" type="number" min="1" max="(\d+)"/)?.[1] ?? "1";
      await this.submit(`${here}/lines/${line}/pick`, { units, ...grams });
    }
    if (this.falls(4)) await this.submit(`${here}/lines/${line}/reopening`, {});
  }
}

export class Dispatcher extends Colleague {
  asked = new Set();
  booked = 0;
  again = 0;

  /** Looks at the board once: some go by carrier, some to another rider, and what failed is tried again. */
  async work() {
    const { text } = await this.get("/dispatch");
    for (const row of text.split('<tr id="drop-').slice(1)) await this.decide(row.slice(0, 36), row);
    for (const [, drop] of text.matchAll(/\/dispatch\/drops\/([0-9a-f-]{36})\/next/g)) {
      await this.submit(`/dispatch/drops/${drop}/next`, {});
      this.again++;
    }
  }

  async decide(drop, row) {
    const can = (deed) => row.includes(`action="/dispatch/drops/${drop}/${deed}"`);
    if (can("carrier") && !this.asked.has(drop)) {
      this.asked.add(drop);
      if (!this.falls(40)) return;
      await this.submit(`/dispatch/drops/${drop}/carrier`, { carrier: "sandbox" });
      this.booked++;
    } else if (can("rider/ending") && this.falls(3)) {
      await this.submit(`/dispatch/drops/${drop}/rider/ending`, {});
    } else if (can("rider") && this.falls(3)) {
      const riders = [...row.matchAll(/<option value="([0-9a-f-]{36})"/g)].map((m) => m[1]);
      if (riders.length > 0) await this.submit(`/dispatch/drops/${drop}/rider`, { rider: this.dice.of(riders) });
    }
  }
}

export class Rider extends Colleague {
  /** Everything this phone has ever sent, and what it was answered. */
  sent = [];
  answers = new Map();
  answeredOtherwise = 0;
  repeated = 0;

  async begin() {
    await this.submit("/rider/shift", {});
    return this;
  }

  /** Brings what is first on the run. Says whether there was something. */
  async work() {
    const { text } = await this.get("/rider");
    const drops = [...new Set([...text.matchAll(/\/rider\/drops\/([0-9a-f-]{36})/g)].map((m) => m[1]))];
    for (const drop of drops.slice(0, 3)) await this.bring(drop);
    // The net was away for a while: what was sent may not have come, so it is sent once more.
    if (this.sent.length > 0 && this.falls(30)) await this.sendAgain();
    return drops.length > 0;
  }

  async bring(drop) {
    const began = Date.now() - 60_000;
    const word = (kind, second, details = {}) =>
      ({ id: randomUUID(), drop, kind, happened_at: new Date(began + second * 1000).toISOString(), details });
    const ends = this.falls(12)
      ? word("failed", 30, { reason: this.dice.of(["nobody_there", "no_access", "rider_stopped"]) })
      : word("delivered", 30, { proof: "name", name: "Chaos", paid_by: "cash_at_door", age_checked: true });
    const words = [word("left", 5), word("arrived", 25), ends];
    // Now and then the last word is through before the first.
    if (this.falls(20)) words.reverse();
    const batches = this.falls(50) ? [words] : words.map((one) => [one]);
    for (const batch of batches) await this.upload(batch);
    if (this.falls(30)) await this.upload(words);
  }

  async sendAgain() {
    this.repeated++;
    await this.upload(this.sent.slice(-this.dice.below(40) - 1));
  }

  async upload(actions) {
    for (const action of actions) if (!this.answers.has(action.id)) this.sent.push(action);
    const answer = await this.send("/rider/uploads", undefined, { actions });
    if (answer.status !== 200) throw new Refused("/rider/uploads", answer);
    for (const { id, decision } of JSON.parse(answer.text).answers) {
      if ((this.answers.get(id) ?? decision) !== decision) this.answeredOtherwise++;
      this.answers.set(id, decision);
    }
  }
}

/** The sandbox carrier's books. */
export async function shipments(gateway) {
  return JSON.parse((await ask(gateway, "/sandbox/carrier/control/books")).text);
}

const WAY = ["collected", "on_the_way", "at_the_door", "delivered"];

/** Has the carrier go on with what is booked; its webhooks are lost, doubled, late and out of order. */
export async function drive(gateway, dice, goesOn) {
  const tally = { words: 0, failed: 0, strange: 0 };
  const say = async (shipment, state) => {
    await ask(gateway, `/sandbox/carrier/control/shipments/${shipment.id}`, { method: "POST", json: { state, reason: "nobody_there" } });
    tally.words++;
  };
  while (goesOn()) {
    for (const shipment of (await shipments(gateway)).data) {
      const over = shipment.cancelled || shipment.states.some((s) => ["delivered", "failed"].includes(s));
      if (over || dice.below(100) < 40) continue;
      const done = WAY.findLastIndex((state) => shipment.states.includes(state));
      if (done === 2 && dice.below(100) < 10) {
        tally.failed++;
        await say(shipment, "failed");
      } else await say(shipment, WAY[done + 1]);
      if (dice.below(100) < 3) {
        tally.strange++;
        await say(shipment, "teleported");
      }
    }
    await sleep(700);
  }
  return tally;
}
