// Lists: a choice of filter or sorting is followed at once, and more of a list is put
// below what is there. The address always says what is shown.

const follow = async (form) => {
  const query = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...query]) if (value === "") query.delete(name, value);
  const address = `${form.getAttribute("action")}${query.size ? `?${query}` : ""}`;
  const products = document.getElementById("products");
  products?.setAttribute("data-busy", "");
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(10000) });
    if (!response.ok) throw new Error("not ok");
    const html = await response.text();
    history.replaceState(null, "", address);
    delete products?.dataset.longer;
    takeOver(html);
    countAnew(html);
    say(document.querySelector("#products .tools p")?.textContent);
  } catch {
    location.assign(address);
  }
};

/** The numbers beside the filters; what is ticked and open stays as it is. */
const countAnew = (html) => {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const key = (input) => `${input.name}=${input.value}`;
  const counts = new Map([...fresh.querySelectorAll(".facets input[type=checkbox]")].map((i) => [key(i), i.closest("label").querySelector(".count").textContent]));
  for (const input of document.querySelectorAll(".facets input[type=checkbox]")) {
    input.closest("label").querySelector(".count").textContent = counts.get(key(input)) ?? "0";
  }
  // What goes along unseen, such as the sorting.
  const facets = document.getElementById("facets");
  for (const input of facets?.querySelectorAll("input[type=hidden]") ?? []) input.remove();
  facets?.prepend(...fresh.querySelectorAll("#facets input[type=hidden]"));
};

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form) follow(form);
});

document.addEventListener("click", async (event) => {
  const more = event.target.closest("a[data-more]");
  if (!more || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  more.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(more.href, { signal: AbortSignal.timeout(10000) });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const list = document.querySelector("#products .goods");
    const cards = [...fresh.querySelectorAll("#products .goods > li")].map((li) => document.importNode(li, true));
    list.append(...cards);
    document.getElementById("products").dataset.longer = "";
    const next = fresh.querySelector("a[data-more]");
    const shown = document.querySelector("#products .more span");
    if (shown) shown.textContent = shown.textContent.replace(/^\d+/, String(list.children.length));
    if (next) {
      more.href = next.href;
      more.removeAttribute("aria-busy");
    } else {
      more.remove();
    }
    cards[0]?.querySelector("a")?.focus();
    say(`${cards.length} more products`);
  } catch {
    location.assign(more.href);
  }
});
