// A field is checked when it is left, never while it is first typed into; its message goes away
// as soon as the value is right. What the shop itself refuses it says with the next page.

const messageOf = (input) => document.getElementById(`${input.id}-wrong`);

const showWrong = (input, words) => {
  const message = messageOf(input);
  if (!message) return;
  message.hidden = !words;
  message.querySelector("span").textContent = words;
  if (words) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
};

// A message moves what is below it: while a button there is being pressed it waits, or the press would be lost.
let pressing = false;
for (const name of ["pointerdown", "pointerup", "pointercancel"]) addEventListener(name, () => { pressing = name === "pointerdown"; }, true);
const whenReleased = (then) => {
  if (pressing) addEventListener("pointerup", () => setTimeout(then, 50), { once: true });
  else then();
};

document.addEventListener("focusout", ({ target }) => {
  if (!target.matches?.("[data-check]")) return;
  whenReleased(() => {
    if (target.value !== "" && !target.validity.valid) showWrong(target, target.dataset.check);
  });
});

document.addEventListener("input", ({ target }) => {
  if (target.matches?.("[data-check][aria-invalid]") && target.value !== "" && target.validity.valid) showWrong(target, "");
});
