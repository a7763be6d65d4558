// Visitors who live somewhere and have ten things in their basket, made as browsers make them: by forms.

import { ask } from "./shop.mjs";
import { address, chance } from "./shared.mjs";

const PLACES = ["D06", "D08", "D04", "D01", "D02", "D03", "D05", "D07"];
const LINES = 10;

async function post(port, path, form, from, cookie) {
  const headers = { "x-forwarded-for": from, "sec-fetch-site": "same-origin", ...(cookie && { cookie }) };
  const answer = await ask(port, path, { method: "POST", form, headers });
  if (answer.status !== 303) throw new Error(`POST ${path} answered ${answer.status}: ${answer.text.slice(0, 400)}`);
  const basket = (answer.headers["set-cookie"] ?? []).map((c) => c.match(/^basket=([^;]+)/)?.[1]).find(Boolean);
  return basket ? `basket=${basket}` : cookie;
}

async function visitor(port, skus, number) {
  const dice = chance(number);
  const from = address(dice);
  let cookie = await post(port, "/place", { place: PLACES[number % PLACES.length] }, from);
  const first = dice.below(skus.length);
  for (let line = 0; line < LINES; line++) {
    const sku = skus[(first + line * 7) % skus.length];
    cookie = await post(port, `/basket/lines/${sku}`, { quantity: 1 + dice.below(3) }, from, cookie);
  }
  return cookie;
}

/** The cookies of so many visitors. */
export async function makeVisitors(port, skus, count) {
  const cookies = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const number = next++;
      cookies[number] = await visitor(port, skus, number);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return cookies;
}
