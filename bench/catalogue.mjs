// Catalogues of any size in the shop's own import format: names, prices and facts of
// demo/scale, the rest (description, ingredients, picture) of a demo product of the same department,
// so that a made-up page weighs what a real one does.

import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { once } from "node:events";
import { gunzipSync } from "node:zlib";
import { chance } from "./shared.mjs";

const DEPARTMENTS = [
  [/alcohol|wine|beer|spirit/i, "Beer, Wine & Spirits"],
  [/frozen|ice cream|pizza/i, "Frozen"],
  [/fish|seafood|shellfish|tuna/i, "Fish & Seafood"],
  [/bread|bun|bagel|croissant|muffin|pastr|cake|cookie|biscuit|dough|baked|pie|tortilla/i, "Bakery"],
  [/cheese|milk|yogurt|butter|cream|egg|dairy/i, "Dairy & Eggs"],
  [/meat|bacon|sausage|pepperoni|poultry|chicken|turkey|beef|pork|ham|deli/i, "Meat & Poultry"],
  [/pasta|noodle|rice|grain/i, "Rice, Pasta & Noodles"],
  [/candy|chocolate|snack|popcorn|chip|gum|pretzel|bar/i, "Snacks & Sweets"],
  [/drink|juice|soda|water|tea|coffee|beverage/i, "Drinks"],
  [/fruit|vegetable|tomato|herb|salad|produce/i, "Fruit & Vegetables"],
  [/./, "Food Cupboard"],
];

/** RFC 4180, whole. */
export function parseCsv(text) {
  const rows = [];
  let row = [], cell = "", quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') { cell += '"'; i++; }
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ",") { row.push(cell); cell = ""; }
    else if (c === "\n") { row.push(cell.replace(/\r$/, "")); rows.push(row); row = []; cell = ""; }
    else cell += c;
  }
  if (cell || row.length) rows.push([...row, cell]);
  const [header, ...body] = rows;
  return body.map((values) => Object.fromEntries(header.map((name, i) => [name, values[i] ?? ""])));
}

const quoted = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

export function readNames(demo) {
  return parseCsv(gunzipSync(readFileSync(join(demo, "scale/products_50k.csv.gz"))).toString("utf8"));
}

/** Writes so many products; from the second round through the names on, the same names under other numbers. */
export async function writeCatalogue(file, demo, names, count) {
  const models = parseCsv(readFileSync(join(demo, "products.csv"), "utf8")).filter((p) => p.sold_by !== "weight");
  const columns = Object.keys(models[0]).filter((c) => c !== "unit_price");
  const dice = chance(count);
  const out = createWriteStream(file);
  out.write(columns.join(",") + "\n");
  // A small shop takes from the whole breadth of the names.
  const step = Math.max(1, Math.floor(names.length / count));
  for (let i = 0; i < count; i++) {
    const product = made(names[(i * step) % names.length], Math.floor((i * step) / names.length), models, dice);
    const more = out.write(columns.map((c) => quoted(product[c] ?? "")).join(",") + "\n");
    if (!more) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
}

function made(row, round, models, dice) {
  const department = DEPARTMENTS.find(([words]) => words.test(row.category))[1];
  const model = dice.of(models.filter((m) => m.department === department));
  const facts = { kcal: row.kcal_100g, protein_g: row.protein_g, carbs_g: row.carbs_g, sugars_g: row.sugars_g, fat_g: row.fat_g };
  const plausible = Object.values(facts).every((v) => v !== "" && Number(v) >= 0 && Number(v) <= 900);
  for (const key of Object.keys(facts)) facts[key] = Number(facts[key]).toFixed(1);
  return {
    ...model,
    ...(plausible ? facts : {}),
    sku: `X${round}-${row.id}`,
    name: row.name.slice(0, 110).trim(),
    department,
    category: row.category.replaceAll(/\s+/g, " ").slice(0, 58).trim(),
    subcategory: "",
    price: Number(row.price_synthetic || 1 + dice.below(900) / 100).toFixed(2),
    stock: "50",
    back_on: "",
    popularity: String(dice.below(300)),
  };
}
