// Forms without a reload. A form marked data-live-form is sent in the background; the
// server answers with the page it would have shown anyway, and the parts marked data-live
// are taken over from it. Without this script the same forms load that page.

document.documentElement.classList.add("scripted");

const live = (root) => new Map([...root.querySelectorAll("[data-live]")].map((el) => [el.dataset.live, el]));

/** What a part says itself, without the live parts inside it. */
const own = (part) => {
  const copy = part.cloneNode(true);
  for (const inner of copy.querySelectorAll("[data-live]")) inner.replaceWith(inner.dataset.live);
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

/** Takes over what differs; focus stays where it was. A list made longer here stays as long. */
const takeOver = (html, { looks = false } = {}) => {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  if (looks) keepSaid(fresh);
  else answeredAt = performance.now();
  const parts = live(fresh);
  for (const old of document.querySelectorAll("[data-live]")) {
    const now = parts.get(old.dataset.live);
    if (!now || !old.isConnected || "longer" in old.dataset || own(now) === own(old)) continue;
    const focus = old.contains(document.activeElement) ? place(old, document.activeElement) : null;
    const copy = document.importNode(now, true);
    if (old.open && copy.matches("details:not([data-dismiss])")) copy.open = true;
    old.replaceWith(copy);
    if (focus) refocus(copy, focus);
  }
  if (!looks) say(parts.get("notice")?.dataset.say);
  document.dispatchEvent(new CustomEvent("taken-over", { detail: fresh }));
  return fresh;
};

const controls = (root) => [...root.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")];
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
