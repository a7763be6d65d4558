// Search as an open loop: a query each ten milliseconds whether or not the last is answered, and
// latency counted from the moment it should have been sent.

import http from "node:http";
import { gunzipSync } from "node:zlib";
import { address, chance, percentile, sleep } from "./shared.mjs";

/** Distinct queries of one to three words of a name; one in five has a slip in a word of five letters or more. */
export function makeQueries(names, count) {
  const dice = chance(2026);
  const queries = new Set();
  while (queries.size < count) {
    const words = dice.of(names).name.split(/[^\p{L}\p{N}'&]+/u).filter((w) => w.length > 2);
    const first = dice.below(words.length);
    const asked = words.slice(first, first + 1 + dice.below(3));
    if (asked.length === 0) continue;
    if (queries.size % 5 === 4) {
      const at = asked.findIndex((w) => /^[a-z]{5,}$/i.test(w));
      if (at < 0) continue;
      asked[at] = slip(asked[at], dice);
    }
    queries.add(asked.join(" ").toLowerCase());
  }
  return [...queries];
}

function slip(word, dice) {
  const at = 1 + dice.below(word.length - 2);
  const letter = String.fromCharCode(97 + dice.below(26));
  const [before, here, after] = [word.slice(0, at), word[at], word.slice(at + 1)];
  return [before + after, before + letter + here + after, before + letter + after, before + after[0] + here + after.slice(1)][dice.below(4)];
}

export async function searchOpenLoop(port, queries, perSecond) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 128 });
  const dice = chance(5);
  const latencies = [];
  const kept = [];
  let bad = 0, waiting = 0;
  const send = (query, due) => {
    waiting++;
    const headers = { "accept-encoding": "gzip, br", "x-forwarded-for": address(dice), referer: `http://127.0.0.1:${port}/` };
    const done = (good) => { waiting--; latencies.push(performance.now() - due); if (!good) bad++; };
    http.get({ host: "127.0.0.1", port, path: `/search?q=${encodeURIComponent(query)}`, headers, agent }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => {
        done(answer.statusCode === 200 && answer.headers["content-encoding"] === "gzip");
        if (latencies.length % 10 === 0) kept.push({ query, body: Buffer.concat(parts) });
      });
      answer.on("error", () => done(false));
    }).on("error", () => done(false));
  };
  const began = performance.now() + 20;
  for (let i = 0; i < queries.length; i++) {
    const due = began + (i * 1000) / perSecond;
    while (performance.now() < due) await sleep(1);
    send(queries[i], due);
  }
  while (waiting > 0) await sleep(1);
  const seconds = (performance.now() - began) / 1000;
  agent.destroy();
  if (bad) throw new Error(`search: ${bad} of ${queries.length} answers were not good`);
  const found = kept.filter(({ body }) => gunzipSync(body).toString("utf8").includes('href="/p/')).length / kept.length;
  if (found < 0.95) throw new Error(`search: only ${Math.round(found * 100)} % of the queries found anything`);
  return { rate: queries.length / seconds, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), found };
}
