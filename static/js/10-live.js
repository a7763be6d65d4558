// Forms without a reload. A form marked data-live-form is sent in the background; the
// server answers with the page it would have shown anyway, and the parts marked data-live
// are taken over from it. Without this script the same forms load that page.

document.documentElement.classList.add("scripted");

const live = (root) => new Map([...root.querySelectorAll("[data-live]")].map((el) => [el.dataset.live, el]));

/** What a part says itself, without the live parts inside it. */
const own = (part) => {
  const copy = part.cloneNode(true);
  for (const inner of copy.querySelectorAll("[data-live]")) inner.replaceWith(inner.dataset.live);
  // Of a page that was fetched it is elements, of the one that is open it is text.
  for (const inner of copy.querySelectorAll("noscript")) inner.remove();
  return copy.outerHTML;
};

// What was answered to somebody's act can be read for so long, whatever happens meanwhile; a refusal until the next act.
const READ_FOR = 30000;
let answeredAt = performance.now();

/** Carries what was said here into a page that was fetched for its news alone and has nothing to say itself. */
const keepSaid = (fresh) => {
  const [old, now] = [document, fresh].map((root) => root.querySelector("[data-said]"));
  if (!old?.textContent.trim() || !now || now.textContent.trim()) return;
  if (performance.now() - answeredAt < READ_FOR || old.dataset.said === "bad") now.replaceWith(fresh.importNode(old, true));
};

// ---- Parts that somebody types in (data-keeps). They are compared with what the shop said they are, for
// scripts and hands change them, and stay as they are while somebody uses them.

const served = new WeakMap();
const remember = (root) => {
  for (const part of [root, ...root.querySelectorAll("[data-keeps]")]) if (part.matches("[data-keeps]")) served.set(part, own(part));
};
remember(document.documentElement);

const isEdited = (field) =>
  field.matches("[type=radio], [type=checkbox]") ? field.checked !== field.defaultChecked
  : field.matches("select") ? [...field.options].some((option) => option.selected !== option.defaultSelected)
  : field.value !== field.defaultValue;
const isTypedInto = (part) => part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea, iframe");
const isTouched = (part) =>
  "touched" in part.dataset || isTypedInto(part) || part.querySelector("details[open]") !== null
  || [...part.querySelectorAll("input:not([type=hidden]), select, textarea")].some(isEdited);
// What is typed into a frame cannot be seen from here; that somebody went into it can.
addEventListener("blur", () => {
  const part = document.activeElement?.matches("iframe") && document.activeElement.closest("[data-keeps]");
  if (part) part.dataset.touched = "";
});

/** Whether such a part stays. What answers the last act (data-answers) is there until the next one. */
const stays = (old, now, looks) => {
  const holds = now.querySelector(":scope > :not(template)") !== null || now.matches(":not(.part)");
  const wasAside = old.hidden && old.matches(".part");
  if (wasAside) {
    if (!holds && "comesBack" in now.dataset) return true;
    putBack(old);
  }
  // The words at a field are said anew after an act, which had taken them away.
  if (own(now) === served.get(old)) return looks || old.matches(".part");
  const answers = looks && (old.matches("[data-answers]") || old.querySelector("[data-answers]") !== null);
  if (!answers && !isTouched(old)) return false;
  const instead = now.querySelector(":scope > template");
  if (holds) takeRows(old, now);
  else if ("comesBack" in now.dataset) setAside(old, looks && instead);
  else if (instead) {
    // It is not true any more, and says so where one was typing.
    if (looks && !wasAside) now.append(instead.content.cloneNode(true));
    return false;
  }
  return true;
};

/** The rows of a part that stays, which come and go for themselves. */
const takeRows = (old, now) => {
  const [here, there] = [live(old), live(now)];
  for (const [name, row] of here) if (!there.has(name)) row.remove();
  for (const [name, row] of there) {
    const next = here.get(row.nextElementSibling?.dataset.live);
    if (!here.has(name)) next?.before(document.importNode(row, true));
  }
};

/** Out of sight with what is typed in it, for it may come back; `note` stands in its place. */
const setAside = (part, note) => {
  part.hidden = true;
  if (!note) return;
  const box = document.createElement("div");
  box.dataset.aside = part.dataset.live;
  box.append(document.importNode(note.content, true));
  part.after(box);
};
const putBack = (part) => {
  part.hidden = false;
  document.querySelector(`[data-aside="${part.dataset.live}"]`)?.remove();
};

/** What is chosen in the parts that stay: the choice outlives its row's being told anew, unless it is another thing now. */
const chosenByHand = () => [...document.querySelectorAll("[data-keeps] input[type=radio]:checked")].filter((radio) => isTouched(radio.closest("[data-keeps]"))).map((radio) => ({ radio, label: labelOf(radio) }));
const labelOf = (radio) => radio.closest("label")?.querySelector("b")?.textContent;
const chooseAgain = (chosen) => {
  for (const { radio, label } of chosen) {
    const again = document.querySelector(`[data-keeps] input[type=radio][name="${radio.name}"][value="${CSS.escape(radio.value)}"]`);
    if (again && labelOf(again) === label) again.checked = true;
  }
};

/** Takes over what differs; focus stays where it was. A list made longer here stays as long. */
const takeOver = (html, { looks = false } = {}) => {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  if (looks) keepSaid(fresh);
  else answeredAt = performance.now();
  const parts = live(fresh);
  const chosen = chosenByHand();
  for (const old of document.querySelectorAll("[data-live]")) {
    const now = parts.get(old.dataset.live);
    if (!now || !old.isConnected || "longer" in old.dataset) continue;
    if ("keeps" in old.dataset ? stays(old, now, looks) : own(now) === own(old)) continue;
    const focus = old.contains(document.activeElement) ? place(old, document.activeElement) : null;
    const copy = document.importNode(now, true);
    if (old.open && copy.matches("details:not([data-dismiss])")) copy.open = true;
    old.replaceWith(copy);
    remember(copy);
    if (focus) refocus(copy, focus);
  }
  chooseAgain(chosen);
  if (!looks) say(parts.get("notice")?.dataset.say);
  document.dispatchEvent(new CustomEvent("taken-over", { detail: fresh }));
  return fresh;
};

const controls = (root) => [...root.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary, [tabindex='-1']")];
const place = (root, el) => ({ label: el.getAttribute("aria-label"), index: controls(root).indexOf(el), last: controls(root).length - 1 === controls(root).indexOf(el) });
const refocus = (root, { label, index, last }) => {
  const all = controls(root);
  // What closed again is focused where it opens.
  if (root.matches("details:not([open])")) return root.querySelector("summary").focus({ preventScroll: true });
  const target = all.find((el) => label && el.getAttribute("aria-label") === label) ?? (last ? all.at(-1) : all[index]) ?? all[0];
  target?.focus({ preventScroll: true });
};

/** Says it to those who listen instead of look. */
const say = (words) => {
  const said = document.getElementById("said");
  if (said && words) said.textContent = words;
};

const samePage = (address) => new URL(address, location.href).pathname === location.pathname;

// What is pressed is not taken from under the finger: the press would be lost.
let pressed = false;
for (const name of ["pointerdown", "pointerup", "pointercancel"]) document.addEventListener(name, () => { pressed = name === "pointerdown"; }, true);
const released = () => new Promise((go) => {
  if (!pressed) return go();
  document.addEventListener("pointerup", () => setTimeout(go), { once: true });
  setTimeout(go, 600);
});

/** One after the other, in all tabs: what the first brings back (whose basket it is) the next takes along. */
let turn = Promise.resolve();
const inTurn = (work) => {
  const mine = turn.then(() => (navigator.locks ? navigator.locks.request("basket", work) : work()));
  turn = mine.catch(() => {});
  return mine;
};

/** Says why something was refused, where messages are said; the page and what was typed stay. */
const complain = (html) => {
  const page = new DOMParser().parseFromString(html, "text/html").querySelector("main");
  const words = [page?.querySelector("h1"), page?.querySelector("h1 ~ p")].map((el) => el?.textContent.trim()).filter(Boolean).join(". ");
  const box = Object.assign(document.createElement("section"), { className: "box mini stack" });
  box.dataset.live = "notice";
  const line = Object.assign(document.createElement("p"), { className: "as-h4 bad-words", textContent: words || "That did not work. Please try again." });
  box.append(line);
  document.querySelector("[data-live=notice]")?.replaceWith(box);
  say(line.textContent);
};

/**
 * What several requests of a visitor without a basket say alike until one is answered, so that all fill
 * the same one; forgotten then, for the browser has the basket's cookie.
 */
let first = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const headers = () => ({ accept: "text/html", ...(first && { "x-first-basket": first }) });

/** Sends a form and takes over the page that comes back; another page is gone to. */
const send = (action, body) => inTurn(() => sendNow(action, body));

const sendNow = async (action, body) => {
  const patience = AbortSignal.timeout(10000);
  const response = await fetch(action, { method: "POST", body, signal: patience, keepalive: true, headers: headers() });
  first = null;
  const html = await response.text();
  if (response.redirected && !samePage(response.url)) {
    // Its message has been said to us, so we carry it there.
    const message = live(new DOMParser().parseFromString(html, "text/html")).get("notice");
    if (message?.dataset.say) sessionStorage.setItem("message", message.outerHTML);
    location.assign(response.url);
    return null;
  }
  await released();
  if (response.ok) return takeOver(html);
  complain(html);
  return null;
};

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-live-form]") || event.defaultPrevented) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  form.dataset.busy = "";
  try {
    await send(form.action, body);
  } catch {
    // The network is away: let the browser try, and say so in its own way.
    form.removeAttribute("data-live-form");
    form.requestSubmit(event.submitter ?? undefined);
  } finally {
    delete form.dataset.busy;
  }
});

// A message can be put away; one that only confirms goes by itself, unless it is being read.
const putAway = (box) => {
  const empty = document.createElement("div");
  empty.dataset.live = box.dataset.live;
  box.replaceWith(empty);
};
document.addEventListener("click", (event) => {
  const close = event.target.closest("[data-close]");
  if (close) {
    event.preventDefault();
    putAway(close.closest("[data-live]"));
  } else {
    const passing = document.querySelector("[data-passing]");
    if (passing && event.isTrusted && !passing.contains(event.target) && !event.target.closest("[data-live-form]")) putAway(passing);
  }
});
const letPass = () => {
  const passing = document.querySelector("[data-passing]");
  if (!passing) return;
  const wait = setInterval(() => {
    if (!passing.isConnected) clearInterval(wait);
    else if (!passing.matches(":hover, :focus-within")) putAway(passing);
  }, 7000);
};
letPass();
document.addEventListener("taken-over", letPass);

// An open panel closes when one goes elsewhere.
const dismiss = (event) => {
  for (const panel of document.querySelectorAll("[data-dismiss][open]")) {
    if (event.type === "keydown" ? event.key === "Escape" : !panel.contains(event.target)) {
      panel.open = false;
      if (event.type === "keydown") panel.querySelector("summary")?.focus();
    }
  }
};
document.addEventListener("click", dismiss);
document.addEventListener("keydown", dismiss);

// A message that was carried here.
try {
  const message = sessionStorage.getItem("message");
  sessionStorage.removeItem("message");
  if (message) takeOver(message);
} catch {
  // A browser that keeps nothing carries nothing.
}

// A page that comes back from the browser's memory shows the basket of now.
addEventListener("pageshow", async (event) => {
  if (!event.persisted) return;
  try {
    const response = await fetch(location.href, { signal: AbortSignal.timeout(10000) });
    if (response.ok) takeOver(await response.text());
  } catch {
    // It stays as it was; the next press is answered with what is true.
  }
});

// After a refused form the summary of what is wrong is where one goes on.
document.querySelector("[data-focus]")?.focus();
