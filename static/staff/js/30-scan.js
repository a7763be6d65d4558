// A scanner types like a keyboard and ends with Enter: whatever was tapped last, its signs go into the scan field.
const typing = (el) => el?.matches("input:not([type=hidden], [type=radio]), select, textarea");
addEventListener("keydown", (e) => {
  if (e.key.length !== 1 || e.ctrlKey || e.altKey || e.metaKey || typing(document.activeElement)) return;
  document.querySelector("[data-scan]")?.focus();
});

// The price follows the weight while it is typed; the server reckons it anew.
addEventListener("input", (e) => {
  const { weigh, sum, full, most } = e.target.dataset ?? {};
  const price = document.querySelector("[data-price]");
  if (!weigh || !price) return;
  const grams = Number.parseInt(e.target.value, 10);
  if (!(grams > 0)) { price.textContent = ""; return; }
  const cents = Math.round((sum * weigh * grams) / (full * 1000));
  const capped = Math.min(cents, most);
  price.textContent = `€${(capped / 100).toFixed(2)}${cents > most ? ", the most it may cost" : ""}`;
});
