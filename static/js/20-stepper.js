// Steppers answer at once. The number moves when it is pressed; what was last wanted is
// sent when the press before has been answered, so that quick presses make one request
// and the last one wins.

/** By the form's address: the quantity that is wanted and not sent yet. */
const wanted = new Map();
/** The same: what the shop last agreed to, for a refusal whose page does not show the product. */
const agreed = new Map();
/** What has been sent and not been answered. */
let underWay = null;
let sending = false;

/** Each press is sent once: a step that finds the number it leads to has been overtaken, not repeated. */
const step = (quantity, seen = 0) => new URLSearchParams({ quantity, seen, once: "1" });

const shown = (form) => Number(form.querySelector("output")?.textContent ?? 0);
const steppers = (action) => [...document.querySelectorAll(".step[data-live-form]")].filter((form) => form.action === action);

/** Draws a stepper as the shop would. Its plus stays the same button: focus and quick fingers stay on it. */
const draw = (form, quantity) => {
  const more = form.querySelector("button:last-of-type");
  const name = more.getAttribute("aria-label").replace(/^(One more|Add) | to basket$/g, "");
  const icon = (id) => {
    const svg = more.querySelector("svg").cloneNode(true);
    const use = svg.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#i-${id}`));
    return svg;
  };
  let fewer = form.querySelector("button:not(:last-of-type)");
  form.classList.toggle("none", quantity === 0);
  form.querySelector("[name=seen]")?.setAttribute("value", quantity);
  more.value = quantity + 1;
  more.setAttribute("aria-label", quantity === 0 ? `Add ${name} to basket` : `One more ${name}`);
  if (quantity === 0) {
    if (fewer === document.activeElement) more.focus();
    fewer?.remove();
    form.querySelector("output")?.remove();
    return;
  }
  if (!fewer) {
    fewer = document.createElement("button");
    fewer.name = "quantity";
    const output = document.createElement("output");
    output.setAttribute("aria-label", "In basket");
    more.before(fewer, output);
  }
  fewer.setAttribute("value", quantity - 1);
  fewer.setAttribute("aria-label", quantity === 1 ? `Remove ${name}` : `One fewer ${name}`);
  fewer.replaceChildren(icon(quantity === 1 && !form.matches(".plain") ? "trash-2" : "minus"));
  form.querySelector("output").textContent = quantity;
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches(".step[data-live-form]")) return;
  event.preventDefault();
  const { action } = form;
  const less = event.submitter !== null && event.submitter !== form.querySelector("button:last-of-type");
  if (!agreed.has(action)) agreed.set(action, shown(form));
  wanted.set(action, Math.max(0, shown(form) + (less ? -1 : 1)));
  for (const each of steppers(action)) draw(each, wanted.get(action));
  if (!sending) sendAll();
}, true);

// An answer to an earlier press does not take back a later one.
document.addEventListener("taken-over", () => {
  for (const [action, quantity] of wanted) for (const form of steppers(action)) draw(form, quantity);
});

// Who goes elsewhere at once does not lose the last presses. What is under way arrives all the same,
// before or after: the presses since then are a step from there.
addEventListener("pagehide", () => {
  for (const [action, quantity] of wanted) {
    const seen = underWay?.action === action ? underWay.quantity : agreed.get(action);
    fetch(action, { method: "POST", body: step(quantity, seen), keepalive: true, headers: headers() });
  }
  wanted.clear();
});

/**
 * Sends what is wanted when our turn comes, not before: until then more presses join it, and who goes
 * elsewhere while another tab has its turn finds it among what is wanted still.
 */
const sendNext = async () => {
  const next = wanted.entries().next().value;
  if (!next) return;
  const [action, quantity] = next;
  wanted.delete(action);
  underWay = { action, quantity };
  const page = await sendNow(action, step(quantity, agreed.get(action)));
  underWay = null;
  const refused = page?.querySelector("[data-live=notice] .bad-words");
  if (!refused) agreed.set(action, quantity);
  else if (!wanted.has(action) && !page.querySelector(`form[action="${new URL(action).pathname}"]`)) {
    for (const form of steppers(action)) draw(form, agreed.get(action));
  }
};

const sendAll = async () => {
  sending = true;
  try {
    while (wanted.size > 0) await inTurn(sendNext);
  } catch {
    say("The shop could not be reached. Your basket is as it was.");
    location.reload();
  } finally {
    underWay = null;
    agreed.clear();
    sending = false;
  }
};
