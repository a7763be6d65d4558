// An order's page follows its order, and the list of orders each of them: the shop says that there is something new, the page is
// fetched once more and the parts that differ are taken over. Where no word comes, it looks
// every few seconds by itself.

const LOOK_EVERY = 10000;

const orderPage = () => document.querySelector("[data-live=order]");
const freshness = () => document.querySelector("[data-live=order-fresh]");

/** What was refused stands in the title as long as on the page. */
const titleOf = ({ dataset: { title } }) => (document.querySelector("[data-said=bad]") && !title.startsWith("Error: ") ? `Error: ${title}` : title);

/** Shows how fresh the page is, and whether it is told of changes. */
const showFresh = (live, time) => {
  const line = freshness();
  if (!line) return;
  const at = time ?? line.querySelector("time")?.textContent;
  line.classList.toggle("is-live", live);
  line.querySelector(".dot")?.classList.toggle("live", live);
  const stamp = Object.assign(document.createElement("time"), { textContent: at });
  line.querySelector(".as-of")?.replaceChildren(live ? "Live, as of " : "As of ", stamp);
};

if (freshness()?.dataset.stream) {
  let live = false;
  let looking = false;
  let again = false;

  // Where a payment is not known yet the line says when the gateway is asked next: then there is news.
  let timer;
  const lookWhenSaid = () => {
    clearTimeout(timer);
    const seconds = freshness()?.dataset.again;
    if (seconds === undefined) return;
    timer = setTimeout(() => { if (document.visibilityState === "visible") look(); }, Math.max(Number(seconds) + 2, 4) * 1000);
  };

  const look = async (address = location.pathname + location.search) => {
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    try {
      const response = await fetch(address, { signal: AbortSignal.timeout(10000), headers: { accept: "text/html", "x-looks": "yes" } });
      if (response.ok) {
        const before = orderPage()?.dataset.say;
        const html = await response.text();
        // A page that was opened when there was nothing to pay lets no frame of the gateway in.
        if (/<body[^>]* data-lets-pay/.test(html) && !("letsPay" in document.body.dataset)) return location.reload();
        const fresh = takeOver(html, { looks: true });
        // Nothing of it may be seen any more: the session that showed it is over.
        if (!fresh.querySelector("[data-live=order]")) return location.reload();
        const now = orderPage();
        if (now && now.dataset.say !== before) {
          document.title = titleOf(now);
          say(now.dataset.say);
        }
        showFresh(live);
      } else if (response.status === 404) {
        // The link is over: what may no longer be seen does not stay on the screen.
        location.reload();
      }
    } catch {
      // The network is away; the next look or the next word brings what is true.
    } finally {
      looking = false;
      lookWhenSaid();
      if (again) {
        again = false;
        look();
      }
    }
  };

  const listen = () => {
    const source = new EventSource(freshness().dataset.stream);
    source.addEventListener("order", (event) => {
      live = true;
      if (event.data === freshness()?.dataset.version) showFresh(live);
      else look();
    });
    // The rider has moved: words and picture follow, without the page being fetched.
    source.addEventListener("rider", (event) => {
      const far = JSON.parse(event.data);
      const words = document.querySelector("[data-far]");
      const way = document.querySelector("[data-way]");
      if (!words || !way) return;
      words.querySelector("b").textContent = far.point;
      words.querySelector("span").textContent = far.words;
      way.setAttribute("aria-label", far.picture);
      way.querySelector(".rider").setAttribute("cx", far.x);
    });
    source.addEventListener("still", (event) => showFresh(live, event.data));
    source.addEventListener("error", () => {
      live = false;
      showFresh(live);
      // Refused for good: come again later, and look by ourselves until then.
      if (source.readyState !== EventSource.CLOSED) return;
      look();
      setTimeout(listen, 30000);
    });
    addEventListener("pagehide", () => source.close(), { once: true });
  };

  setInterval(() => { if (!live && document.visibilityState === "visible") look(); }, LOOK_EVERY);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible" && (!live || freshness()?.dataset.again)) look(); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-look]");
    if (!link) return;
    event.preventDefault();
    look(link.href);
  });
  // The answer to one's own press brings the line as it is where nothing is told.
  document.addEventListener("taken-over", () => showFresh(live));
  addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  listen();
  lookWhenSaid();
}

// A receipt is printed by a button; without scripts the browser's own menu does it.
const printing = document.querySelector("[data-print]");
if (printing) {
  printing.hidden = false;
  printing.addEventListener("click", () => print());
}
