// Steppers answer at once. The number moves when it is pressed; what was last wanted is
// sent when the press before has been answered, so that quick presses make one request
// and the last one wins.

const wanted = new Map();
let sending = false;

const quantityOf = (form) => Number(form.querySelector("output")?.textContent ?? 0);

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches(".step[data-live-form]")) return;
  event.preventDefault();
  const button = event.submitter ?? form.querySelector("button");
  const label = button.getAttribute("aria-label");
  const step = button === form.querySelector("button") && quantityOf(form) > 0 ? -1 : 1;
  const quantity = Math.max(0, quantityOf(form) + step);
  const output = form.querySelector("output");
  if (output && quantity > 0) output.textContent = quantity;
  wanted.set(form.action, { quantity, form, label });
  if (!sending) sendAll();
}, true);

const sendAll = async () => {
  sending = true;
  try {
    while (wanted.size > 0) {
      const [action, { quantity, form }] = wanted.entries().next().value;
      wanted.delete(action);
      form.dataset.busy = "";
      await send(action, new URLSearchParams({ quantity }));
    }
  } catch {
    say("The shop could not be reached. Your basket is as it was.");
    location.reload();
  } finally {
    sending = false;
  }
};
