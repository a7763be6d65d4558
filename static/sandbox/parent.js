// Talking to the page around a frame: only to origins that are allowed, and only what is said here.

const allowed = (form) => [location.origin, ...form.dataset.parents.split(" ").filter(Boolean)];

/** Where the page around comes from, as far as the browser says; our own origin otherwise. */
const guess = (origins) => {
  const told = location.ancestorOrigins?.[0] ?? (document.referrer ? new URL(document.referrer).origin : "");
  return origins.includes(told) ? told : location.origin;
};

const connect = (form) => {
  const origins = allowed(form);
  let target = guess(origins);
  const heard = new Map();
  const tell = (message) => {
    if (window.parent !== window) window.parent.postMessage(message, target);
  };
  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || !origins.includes(event.origin)) return;
    target = event.origin;
    heard.get(event.data?.type)?.(event.data);
  });
  const height = () => tell({ type: "height", px: Math.ceil(document.body.getBoundingClientRect().height) });
  const ready = () => {
    tell({ type: "ready" });
    height();
  };
  heard.set("hello", ready);
  new ResizeObserver(height).observe(document.body);
  return {
    tell,
    ready,
    on: (type, act) => heard.set(type, act),
    token: ({ id, card }) => tell({ type: "token", id, brand: card.brand, last4: card.last4, exp_month: card.exp_month, exp_year: card.exp_year, wallet: card.wallet?.type ?? null }),
  };
};

const SILENT = { code: "connection", message: "The sandbox gateway does not answer. Nothing was charged. Please try again." };

/** Makes a payment method; says what was wrong where that fails. */
const makeMethod = async (key, fields, billing = {}) => {
  const body = new URLSearchParams(fields);
  if (billing?.name) body.set("billing_details[name]", billing.name);
  if (billing?.postcode) body.set("billing_details[address][postal_code]", billing.postcode);
  try {
    const answer = await fetch("/sandbox/tokens", { method: "POST", body, headers: { authorization: `Bearer ${key}` }, signal: AbortSignal.timeout(15000) });
    const said = await answer.json();
    return answer.ok ? { method: said } : { error: said.error ?? SILENT };
  } catch {
    return { error: SILENT };
  }
};

/** Shows or clears what is wrong at a field. */
const showWrong = (form, name, message = "") => {
  const place = document.getElementById(`${name}-wrong`);
  place.hidden = !message;
  place.replaceChildren();
  if (message) place.append(document.getElementById("sign").content.cloneNode(true), message);
};

// Files lie at addresses of their content, so one cannot name the other; the pages load both, this one first.
globalThis.sandbox = { connect, makeMethod, showWrong };
