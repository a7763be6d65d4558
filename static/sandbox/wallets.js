// Wallet buttons: one press is the whole wallet. The page around them learns the name of a
// payment method and nothing else.

const { connect, makeMethod, showWrong } = globalThis.sandbox;

const form = document.getElementById("wallets");
const parent = connect(form);
let billing = {};
let busy = false;

const mark = (on) => {
  busy = on;
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", String(on));
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (busy) return;
  mark(true);
  showWrong(form, "form");
  const fields = { type: "card", "card[wallet][type]": event.submitter.value };
  const { method, error } = await makeMethod(form.dataset.key, fields, billing);
  mark(false);
  if (method) return parent.token(method);
  showWrong(form, "form", error.message);
  parent.tell({ type: "problem", field: "form", code: error.code ?? "unknown", message: error.message });
});

// The page around may say beforehand who pays.
parent.on("billing", (message) => { billing = message.billing ?? {}; });
parent.ready();
