// The dispatcher's board keeps itself up to date, and sounds when something new needs a hand.
{
const board = () => document.querySelector("[data-board]");
const SOUND = "board-sound";

const wantsSound = () => {
  try { return localStorage.getItem(SOUND) === "on"; } catch { return false; }
};

let audio = null;
const beep = () => {
  audio ??= new AudioContext();
  const [tone, gain] = [audio.createOscillator(), audio.createGain()];
  tone.frequency.value = 880;
  gain.gain.setValueAtTime(0.2, audio.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.5);
  tone.connect(gain).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.5);
};

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
  }
  let known = board().dataset.alarm;
  document.addEventListener("taken-over", () => {
    const now = board()?.dataset.alarm ?? "";
    if (now && now !== known && box?.checked) beep();
    known = now;
  });
  setInterval(async () => {
    // Whoever is choosing a rider is not disturbed.
    if (document.hidden || document.activeElement?.matches("select")) return;
    try {
      const response = await fetch(location.href, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(8000) });
      if (response.ok && !response.redirected) takeOver(await response.text());
    } catch {
      // The bar above says that the net is away.
    }
  }, 2000);
}
}
