// Boards keep themselves up to date: the shop says that something has happened, the page is fetched
// once more and the parts that differ are taken over. It sounds when something new needs a hand, for
// those who have switched that on.
{
const board = () => document.querySelector("[data-board]");
const SOUND = "board-sound";
const LOOK_EVERY = 15000;
const PATIENCE = 8000;

const wantsSound = () => {
  try { return localStorage.getItem(SOUND) === "on"; } catch { return false; }
};

let audio = null;
const beep = () => {
  audio ??= new AudioContext();
  audio.resume();
  const [tone, gain] = [audio.createOscillator(), audio.createGain()];
  tone.frequency.value = 880;
  gain.gain.setValueAtTime(0.2, audio.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.5);
  tone.connect(gain).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.5);
  board()?.setAttribute("data-sounded", String(Number(board().dataset.sounded ?? 0) + 1));
};

const calls = () => new Set((board()?.dataset.alarm ?? "").split(" ").filter(Boolean));

if (board()) {
  const label = document.querySelector("[data-sound]");
  const box = label?.querySelector("input");
  if (box) {
    label.hidden = false;
    box.checked = wantsSound();
    box.addEventListener("change", () => {
      try { localStorage.setItem(SOUND, box.checked ? "on" : "off"); } catch { /* for this page alone */ }
      if (box.checked) beep();
    });
    // Browsers let a page sound only after a press on it.
    addEventListener("pointerdown", () => { if (box.checked) (audio ??= new AudioContext()).resume(); }, { once: true });
  }
  let known = calls();
  document.addEventListener("taken-over", () => {
    const now = calls();
    if (box?.checked && [...now].some((call) => !known.has(call))) beep();
    known = now;
  });

  let looking = false;
  let again = false;
  // Whoever chooses or types is not disturbed: it is looked once they are done.
  const chooses = (el) => el?.matches("select, textarea, input:not([type=checkbox], [data-scan])") || (el?.matches("input[data-scan]") && el.value !== "");
  // So is a form in which something was chosen and not sent yet, wherever in it one stands.
  const isChosen = (select) => select.selectedIndex !== Math.max(0, [...select.options].findIndex((option) => option.defaultSelected));
  const hasChosen = (el) => [...(el?.closest("form")?.querySelectorAll("select") ?? [])].some(isChosen);
  const isBusy = () => !navigator.onLine || (document.hidden && !box?.checked) || chooses(document.activeElement) || hasChosen(document.activeElement);
  const look = async () => {
    if (looking || isBusy()) {
      again = true;
      return;
    }
    [looking, again] = [true, false];
    try {
      const response = await fetch(location.href, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE) });
      if (response.ok && !response.redirected) {
        await released();
        takeOver(await response.text(), { looks: true });
      } else if (response.redirected) {
        location.reload();
      }
    } catch {
      // The bar above says that the net is away.
    } finally {
      looking = false;
      if (again) setTimeout(look, 500);
    }
  };

  let source = null;
  const close = () => { source?.close(); source = null; };
  const listen = () => {
    if (source || !navigator.onLine) return;
    source = new EventSource("/staff/live");
    source.addEventListener("board", look);
    source.addEventListener("error", () => {
      if (source?.readyState !== EventSource.CLOSED) return;
      close();
      setTimeout(listen, 10000);
    });
  };
  addEventListener("pagehide", close);
  addEventListener("offline", close);
  addEventListener("online", () => { listen(); look(); });
  // Time alone makes things late, and a line may be cut.
  setInterval(look, LOOK_EVERY);
  document.addEventListener("visibilitychange", look);
  document.addEventListener("focusout", () => { if (again) setTimeout(look); });
  addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  listen();
}
}
