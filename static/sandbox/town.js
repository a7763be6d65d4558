// The town keeps itself up to date: the shop says that something has happened, the page is fetched once
// more and what differs is taken over. Riders glide to where they were seen, and the clocks of the next steps
// run on meanwhile.
{
const LOOK_EVERY = 5000;
const PATIENCE = 8000;
/** About as long as a rider keeps quiet. */
const GLIDE = 2000;

const isStill = matchMedia("(prefers-reduced-motion: reduce)");
const bikes = () => new Map([...document.querySelectorAll("[data-bike]")].map((el) => [el.dataset.bike, el]));
const spot = (el) => el.getAttribute("transform").match(/-?[\d.]+/g).map(Number);
const move = ([x, y]) => `translate(${x}px, ${y}px)`;

/** Riders go from where they were drawn to where they are drawn now. */
const glide = (before) => {
  if (isStill.matches) return;
  for (const [name, el] of bikes()) {
    const [from, to] = [before.get(name), spot(el)];
    if (from && (from[0] !== to[0] || from[1] !== to[1])) el.animate([{ transform: move(from) }, { transform: move(to) }], GLIDE);
  }
};

/** The words of a clock between two looks. */
let shownAt = performance.now();
const tick = () => {
  for (const clock of document.querySelectorAll("[data-count]")) {
    const left = Number(clock.dataset.count) - Math.round((performance.now() - shownAt) / 1000);
    if (left < 100) clock.textContent = left > 0 ? `in ${left} s` : "now";
  }
};

const showLive = (live) => {
  const line = document.querySelector("[data-live=fresh]");
  line?.classList.toggle("is-live", live);
  line?.querySelector("[data-dot]")?.classList.toggle("live", live);
};

let [live, looking, again] = [false, false, false];
const look = async () => {
  if (looking || document.hidden) {
    again = true;
    return;
  }
  [looking, again] = [true, false];
  try {
    const response = await fetch(location.href, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE) });
    if (!response.ok) return;
    const html = await response.text();
    await released();
    takeOver(html);
  } catch {
    // The net is away; the next look or the next word brings what is true.
  } finally {
    looking = false;
    if (again) setTimeout(look, 500);
  }
};

// What a form brings back is shown like what a look brings.
let before = new Map([...bikes()].map(([name, el]) => [name, spot(el)]));
document.addEventListener("taken-over", () => {
  glide(before);
  before = new Map([...bikes()].map(([name, el]) => [name, spot(el)]));
  shownAt = performance.now();
  tick();
  showLive(live);
});

let source = null;
const listen = () => {
  if (source) return;
  source = new EventSource("/sandbox/town/live");
  source.addEventListener("board", () => {
    live = true;
    look();
  });
  source.addEventListener("error", () => {
    live = false;
    showLive(live);
    if (source?.readyState !== EventSource.CLOSED) return;
    source = null;
    setTimeout(listen, 10000);
  });
};
addEventListener("pagehide", () => { source?.close(); source = null; });
addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
setInterval(look, LOOK_EVERY);
setInterval(tick, 1000);
listen();
}
