// A rider's words reach the shop, now or later. A form marked data-word is sent as one action under an
// id of its own and with this device's time; what cannot be sent waits here and goes out by itself when
// the net is back. A picture goes with its own word alone. Without this script the same forms are sent as
// forms.
{
const WAITING = "rider-waiting";
const RETRY = 5000;
const EVERY = 10000;
const METRES = 50;

const kept = () => {
  try { return JSON.parse(localStorage.getItem(WAITING)) ?? []; } catch { return []; }
};
const keep = (actions) => {
  try { localStorage.setItem(WAITING, JSON.stringify(actions)); return true; } catch { return false; }
};

const freshId = () => {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
};

const showWaiting = () => {
  const bar = document.querySelector("[data-waiting]");
  if (!bar) return;
  const count = kept().length;
  const net = navigator.onLine ? "" : "No net. ";
  bar.hidden = count === 0 && navigator.onLine;
  bar.querySelector("[data-waiting-words]").textContent = net + (count === 1 ? "1 step waits on this phone." : `${count} steps wait on this phone.`);
};

const showRefused = (words) => {
  const bar = document.querySelector("[data-refused]");
  if (!bar) return;
  bar.hidden = !words;
  bar.querySelector("[data-refused-words]").textContent = words ?? "";
};

/** Sends some actions; their answers, by id. Throws when the net or the shop is away. */
const upload = async (actions) => {
  const response = await fetch("/rider/uploads", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ actions }),
    signal: AbortSignal.timeout(8000),
  });
  if (!response.ok) throw new Error(`answered ${response.status}`);
  const { answers } = await response.json();
  return new Map(answers.map((answer) => [answer.id, answer]));
};

/** Sends one action with its picture. What the shop will never take is answered for here, so that it holds up nothing. */
const uploadPictured = async (action) => {
  const body = new FormData();
  const said = { id: action.id, kind: action.kind, happened_at: action.happened_at, ...action.details };
  for (const [name, value] of Object.entries(said)) body.append(name, value);
  const bytes = await pictures.get(action.id).catch(() => undefined);
  if (bytes) body.append("picture", new Blob([bytes], { type: "image/jpeg" }), "door.jpg");
  const response = await fetch(`/rider/drops/${action.drop}/delivery`, {
    method: "POST", headers: { accept: "application/json" }, body, signal: AbortSignal.timeout(60000),
  });
  if ([400, 404, 413].includes(response.status)) {
    return new Map([[action.id, { id: action.id, decision: "refused", words: "The shop cannot read this picture. Take it again, or call dispatch." }]]);
  }
  if (!response.ok) throw new Error(`answered ${response.status}`);
  const answer = await response.json();
  return new Map([[answer.id, answer]]);
};

/** What is sent next: those up to a picture together, one with a picture alone. */
const nextOf = (actions) => {
  if (actions[0]?.pictured) return actions.slice(0, 1);
  const pictured = actions.findIndex((action) => action.pictured);
  return actions.slice(0, pictured < 0 ? 100 : Math.min(pictured, 100));
};

// One after the other: what waits goes first, in its order, and in one tab alone.
const alone = (work) => (navigator.locks ? navigator.locks.request("rider", work) : work());

const flush = () => alone(async () => {
  const all = new Map();
  for (let actions = nextOf(kept()); actions.length > 0; actions = nextOf(kept())) {
    const answers = actions[0].pictured ? await uploadPictured(actions[0]) : await upload(actions);
    keep(kept().filter((action) => !answers.has(action.id)));
    if (actions[0].pictured) await pictures.forget(actions[0].id).catch(() => {});
    for (const answer of answers.values()) all.set(answer.id, answer);
    showWaiting();
    const refused = [...all.values()].filter((answer) => answer.decision === "refused");
    if (refused.length > 0) showRefused(refused.map((answer) => answer.words).join(" "));
    if (!actions.some((action) => answers.has(action.id))) break;
  }
  return all;
});

const flushQuietly = async () => {
  try {
    const answers = await flush();
    if (answers.size > 0) await refresh();
  } catch {
    // It stays here, and is tried again.
  }
};

const refresh = async () => {
  const response = await fetch(location.href, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(8000) });
  if (response.ok && !response.redirected) takeOver(await response.text(), { looks: true });
};

const detailsOf = (data) => ({
  proof: data.get("proof") ?? "",
  code: data.get("code") ?? "",
  name: data.get("name") ?? "",
  age_checked: data.get("age_checked") === "true",
  paid_by: data.get("paid_by") ?? "",
  reason: data.get("reason") ?? "",
});

/** Lays the picture down on this phone beside its action. */
const keepPicture = async (action) => {
  await pictures.keep(action.id, pictures.taken());
  action.pictured = true;
  await pictures.forgetDraft(action.drop).catch(() => {});
};

const pressedWord = async (form) => {
  const data = new FormData(form);
  const action = { id: data.get("id"), drop: form.dataset.word, kind: data.get("kind"), happened_at: new Date().toISOString(), details: detailsOf(data) };
  if (action.details.proof === "photo") {
    if (!pictures.taken()) return pictures.missing();
    // A phone that keeps nothing sends the form as it is.
    try { await keepPicture(action); } catch { return form.submit(); }
  }
  if (!keep([...kept(), action])) return form.submit();
  // Another press is another action.
  form.elements.id.value = freshId();
  showRefused();
  if (action.pictured) showWaiting();
  try {
    const answer = (await flush()).get(action.id);
    if (answer?.decision === "refused") return;
    location.assign("last" in form.dataset ? "/rider" : location.href);
  } catch {
    showWaiting();
    form.hidden = true;
    share();
  }
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-word]") || event.defaultPrevented) return;
  event.preventDefault();
  // Of two presses at once the second is none.
  if ("busy" in form.dataset) return;
  form.dataset.busy = "";
  pressedWord(form).finally(() => { delete form.dataset.busy; });
});

// ---- where the rider is: only while a drop is on the way, and seldom ----
let watching = null;
let last = null;

const metres = (a, b) => {
  const north = (a.latitude - b.latitude) * 111200;
  const east = (a.longitude - b.longitude) * 111200 * Math.cos((a.latitude * Math.PI) / 180);
  return Math.hypot(north, east);
};

const stopSharing = () => {
  if (watching !== null) navigator.geolocation.clearWatch(watching);
  watching = null;
};

const moved = async ({ coords }) => {
  const now = Date.now();
  const here = { latitude: coords.latitude, longitude: coords.longitude, at: now };
  if (last && now - last.at < EVERY && metres(last, here) < METRES) return;
  last = here;
  const drop = document.querySelector("[data-position]")?.dataset.position;
  if (!drop) return stopSharing();
  const action = { id: freshId(), drop, kind: "position", happened_at: new Date(now).toISOString(), details: { latitude: here.latitude, longitude: here.longitude } };
  try {
    const answer = (await upload([action])).get(action.id);
    if (answer?.decision === "refused") stopSharing();
  } catch {
    // An old position is of no use: it is not kept.
  }
};

const share = () => {
  if (watching !== null || !navigator.geolocation || !document.querySelector("[data-position]")) return;
  watching = navigator.geolocation.watchPosition(moved, stopSharing, { enableHighAccuracy: true, maximumAge: EVERY });
};

if (document.querySelector("[data-waiting]")) {
  // Here what is pressed is not lost: this bar stands for the one that says it is.
  document.querySelector("[data-offline]")?.remove();
  showWaiting();
  share();
  addEventListener("offline", showWaiting);
  addEventListener("online", () => { showWaiting(); flushQuietly(); });
  setInterval(() => { if (kept().length > 0) flushQuietly(); }, RETRY);
  flushQuietly();
  pictures.sweep(new Set(kept().map((action) => action.id))).catch(() => {});
}
}
