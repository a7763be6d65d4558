// The card frame: takes a card's number, makes a payment method of it at the gateway, and
// tells the page around it nothing but the name of that method.

const { connect, makeMethod, showWrong } = globalThis.sandbox;

const form = document.getElementById("card");
const number = form.elements.number;
const expiry = form.elements.expiry;
const cvc = form.elements.cvc;
const parent = connect(form);

const BRANDS = [
  { name: "Visa", start: /^4/, lengths: [16], code: 3 },
  { name: "Mastercard", start: /^(5[1-5]|2[2-7])/, lengths: [16], code: 3 },
  { name: "American Express", start: /^3[47]/, lengths: [15], code: 4 },
  { name: "Discover", start: /^(6011|65)/, lengths: [16], code: 3 },
  { name: "Diners Club", start: /^3[068]/, lengths: [14, 16], code: 3 },
  { name: "JCB", start: /^35/, lengths: [16], code: 3 },
  { name: "UnionPay", start: /^62/, lengths: [16, 19], code: 3 },
];
const UNKNOWN = { name: "", lengths: [16], code: 3 };

const digits = (text) => text.replace(/\D/g, "");
const brandOf = (text) => BRANDS.find((brand) => brand.start.test(text)) ?? UNKNOWN;
const grouped = (text) => (brandOf(text).code === 4 ? text.replace(/^(\d{4})(\d{1,6})?(\d{1,5})?.*$/, (_, ...parts) => parts.slice(0, 3).filter(Boolean).join(" ")) : text.replace(/(\d{4})(?=\d)/g, "$1 "));

/** The check digit of ISO/IEC 7812-1. */
const checks = (text) => {
  const weighed = [...text].reverse().map((digit, place) => (place % 2 ? Number(digit) * 2 : Number(digit)));
  return weighed.reduce((sum, n) => sum + (n > 9 ? n - 9 : n), 0) % 10 === 0;
};

/** Month and year as they were typed or filled in: "1228", "12/28", "12 / 2028". */
const dateOf = (text) => {
  const [month, year] = text.includes("/") ? text.split("/").map(digits) : [digits(text).slice(0, 2), digits(text).slice(2)];
  return { month: Number(month), year: year?.length === 2 ? 2000 + Number(year) : Number(year), whole: Boolean(month) && [2, 4].includes(year?.length) };
};

const RULES = {
  number: () => {
    const text = digits(number.value);
    const brand = brandOf(text);
    if (text.length < Math.min(...brand.lengths)) return ["incomplete_number", "Enter the whole card number."];
    if (!checks(text) || !brand.lengths.includes(text.length)) return ["invalid_number", "This card number is not right. Check each digit."];
    return null;
  },
  expiry: () => {
    const { month, year, whole } = dateOf(expiry.value);
    if (!whole) return ["incomplete_expiry", "Enter month and year, such as 08/28."];
    if (month < 1 || month > 12) return ["invalid_expiry_month", "Enter a month from 01 to 12."];
    const now = new Date();
    if (year < now.getFullYear()) return ["invalid_expiry_year_past", "This card has expired. Use another card."];
    if (year > now.getFullYear() + 50) return ["invalid_expiry_year", "Check the year."];
    if (year === now.getFullYear() && month < now.getMonth() + 1) return ["invalid_expiry_month_past", "This card has expired. Use another card."];
    return null;
  },
  cvc: () => {
    const text = digits(cvc.value);
    const { code } = brandOf(digits(number.value));
    return text.length === code ? null : ["incomplete_cvc", `Enter all ${code} digits of the security code.`];
  },
};
const FIELDS = { number, expiry, cvc };
// The gateway's names of the fields, for what it refuses itself.
const NAMES = { number: "number", exp_month: "expiry", exp_year: "expiry", cvc: "cvc" };

const check = (name) => {
  const wrong = RULES[name]();
  showWrong(form, name, wrong?.[1]);
  FIELDS[name].toggleAttribute("aria-invalid", false);
  if (wrong) FIELDS[name].setAttribute("aria-invalid", "true");
  return wrong;
};
const isComplete = () => Object.keys(FIELDS).every((name) => RULES[name]() === null);

let complete = false;
const tellComplete = () => {
  if (complete === isComplete()) return;
  complete = !complete;
  parent.tell({ type: "complete", complete });
};

/** Puts the digits in groups; the caret stays behind the digit it was behind. */
const regroup = () => {
  const before = digits(number.value.slice(0, number.selectionStart)).length;
  const text = digits(number.value).slice(0, Math.max(...brandOf(digits(number.value)).lengths));
  number.value = grouped(text);
  let place = 0;
  for (let seen = 0; seen < before && place < number.value.length; place += 1) seen += /\d/.test(number.value[place]) ? 1 : 0;
  number.setSelectionRange(place, place);
  const brand = brandOf(text);
  document.getElementById("brand").textContent = text.length > 1 ? brand.name : "";
  document.getElementById("cvc-hint").textContent = brand.code === 4 ? "4 digits on the front" : "3 digits on the back";
  cvc.maxLength = brand.code;
};

const slash = (event) => {
  const text = digits(expiry.value);
  if (event.inputType?.startsWith("delete") || expiry.value.includes("/") || text.length < 2) return;
  const month = text.length > 2 || Number(text) <= 12 ? text.slice(0, 2) : `0${text[0]}`;
  const year = text.length > 2 ? text.slice(2, 6) : text.slice(Number(text) <= 12 ? 2 : 1);
  expiry.value = `${month} / ${year}`;
};

number.addEventListener("input", regroup);
expiry.addEventListener("input", slash);
for (const [name, field] of Object.entries(FIELDS)) {
  field.addEventListener("input", () => {
    if (field.hasAttribute("aria-invalid")) check(name);
    showWrong(form, "form");
    tellComplete();
  });
  field.addEventListener("blur", () => { if (field.value) check(name); });
}

const problem = (field, code, message) => {
  if (FIELDS[field]) FIELDS[field].focus();
  parent.tell({ type: "problem", field, code, message });
};

let busy = false;
const tokenise = async (billing) => {
  if (busy) return;
  const [wrong] = Object.keys(FIELDS).map((name) => [name, check(name)]).filter(([, w]) => w);
  if (wrong) return problem(wrong[0], ...wrong[1]);
  busy = true;
  const { month, year } = dateOf(expiry.value);
  const fields = { type: "card", "card[number]": digits(number.value), "card[exp_month]": month, "card[exp_year]": year, "card[cvc]": digits(cvc.value) };
  const { method, error } = await makeMethod(form.dataset.key, fields, billing);
  busy = false;
  if (method) return parent.token(method);
  const field = NAMES[error.param] ?? "form";
  showWrong(form, field, error.message);
  FIELDS[field]?.setAttribute("aria-invalid", "true");
  problem(field, error.code ?? "unknown", error.message);
};

form.addEventListener("submit", (event) => event.preventDefault());
parent.on("tokenise", ({ billing }) => tokenise(billing));
parent.on("focus", () => number.focus());
parent.ready();
