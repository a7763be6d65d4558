// Orders, placed through the forms the shop itself sends.

import assert from "node:assert/strict";
import { fillBasket, livesAt } from "./pages.js";
import { house } from "./shopper.js";

export const MILK = "DE-MIL-001";
export const SPAGHETTI = "PP-PAS-001";
export const CHEDDAR = "DE-CHE-001"; // sold by weight

const AOIFE = { name: "Aoife Byrne", email: "aoife@example.com", phone: "086 123 4567", line: "14 Leinster Road", eircode: "D06 X4P7", note: "Blue door, bell on the left", leave_at: "", substitutions: "similar" };

const from = (page) => ({ origin: house.shop.address, referer: `${house.shop.address}${page}` });

const post = async (context, path, form) => {
  const response = await context.request.post(`${house.shop.address}${path}`, { form, headers: from(path), maxRedirects: 0 });
  assert.equal(response.status(), 303, `${path}: ${response.status()} ${(await response.text()).replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").slice(0, 900)}`);
  return response.headers().location;
};

const shown = async (context, path) => (await context.request.get(`${house.shop.address}${path}`)).text();
const value = (html, name) => html.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1] ?? "";

/** How cards of the sandbox behave, by the gateway's names for them. */
export const CARDS = {
  visa: { way: "card", method: "pm_card_visa", brand: "visa", last4: "4242", expires: "12/34" },
  declined: { way: "card", method: "pm_card_chargeDeclinedInsufficientFunds", brand: "visa", last4: "9995", expires: "12/34" },
  asked: { way: "card", method: "pm_card_authenticationRequired", brand: "visa", last4: "3155", expires: "12/34" },
};
export const CASH = { way: "cash_at_door" };
export const PAYPAL = { way: "redirect:paypal" };

/** The time "within the hour" at D06, which stands behind "One-hour times" on the day it is. */
export const withinTheHour = () => house.shop.sql("SELECT w.id FROM delivery_windows w JOIN places p ON p.zone_id = w.zone_id WHERE p.routing_key = 'D06' AND w.cutoff_at > now() + interval '90 seconds' AND w.taken < w.capacity AND w.ends_at - w.starts_at = interval '1 hour' ORDER BY w.starts_at LIMIT 1");

/** Places an order, into the first time that is offered. Gives the address the last button leads to, and the order's page. */
export const order = async (context, paying = CASH, lines = [[MILK, 12], [SPAGHETTI, 6]], time = null) => {
  await livesAt(context, "D06");
  await fillBasket(context, lines);
  const times = await shown(context, "/checkout/delivery");
  const window = time ?? times.match(/name="window" value="(\d+)"(?! disabled)/)?.[1];
  assert.ok(window, "a time is free");
  await post(context, "/checkout/delivery", { ...AOIFE, window });
  await post(context, "/checkout/payment", paying);
  const review = await shown(context, "/checkout/review");
  const form = Object.fromEntries(["key", "seen", "total", "maximum"].map((name) => [name, value(review, name)]));
  const led = await post(context, "/checkout/order", form);
  const list = await shown(context, "/orders");
  const page = list.match(/href="(\/orders\/[0-9A-Z]{4}-[0-9A-Z]{4})"/)?.[1];
  assert.ok(page, "the order is listed");
  return { led, page };
};

/** Puts the sandbox gateway into a mood: `{ silent_percent: 100, silent_seconds: 30 }`; nothing: all is well. */
export const gatewayMood = async (context, mood = null) => {
  const path = "/sandbox/payments";
  await context.request.post(`${house.shop.address}${path}`, { form: mood ? { ...mood, preset: "set" } : { preset: "healthy" }, headers: from(path) });
};

/** What a link in the newest letter about something leads to. */
export const letterLink = async (context, about) => {
  const box = await shown(context, "/sandbox/mail");
  const href = box.match(new RegExp(`href="(/sandbox/mail/[^"]+)"[^>]*>[^<]*${about}`))?.[1];
  return href;
};
