// Suggestions while typing: an editable combobox with a list box (WAI-ARIA 1.2 pattern).
// The list comes from the server as HTML; Enter without a choice searches as ever.

const field = document.getElementById("q");
const finder = field?.closest(".find");

if (finder) {
  let list = null, options = [], at = -1, timer = 0, asked = "", typed = "";

  const box = document.createElement("div");
  box.id = "suggestions";
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", "Suggestions");
  box.hidden = true;
  finder.append(box);
  const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "suggestions" };
  for (const [name, value] of Object.entries(attributes)) field.setAttribute(name, value);

  const close = () => {
    box.hidden = true;
    box.replaceChildren();
    list = null;
    options = [];
    at = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
    finder.classList.remove("open");
  };

  const choose = (index) => {
    options[at]?.setAttribute("aria-selected", "false");
    at = index;
    const option = options[at];
    if (!option) {
      field.removeAttribute("aria-activedescendant");
      field.value = typed;
      return;
    }
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  };

  const show = (html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector(".hints");
    if (!fresh) return;
    fresh.setAttribute("role", "presentation");
    box.replaceChildren(document.importNode(fresh, true));
    list = box.firstElementChild;
    options = [...list.querySelectorAll("[role=option]")];
    options.forEach((option, i) => {
      option.id = `suggestion-${i}`;
      option.setAttribute("aria-selected", "false");
    });
    at = -1;
    box.hidden = false;
    finder.classList.add("open");
    field.setAttribute("aria-expanded", "true");
    const count = Number(list.dataset.count);
    say(count === 0 ? "No suggestions" : count === 1 ? "1 suggestion" : `${count} suggestions`);
  };

  const ask = async () => {
    const text = field.value.trim();
    if (text === asked && list) return;
    asked = text;
    if (text.length < 2) return close();
    try {
      const response = await fetch(`/search/suggestions?q=${encodeURIComponent(text)}`, { signal: AbortSignal.timeout(3000) });
      if (response.ok && field.value.trim() === text && document.activeElement === field) show(await response.text());
    } catch {
      // Suggestions are a help; without them Enter still searches.
    }
  };

  field.addEventListener("input", () => {
    typed = field.value;
    clearTimeout(timer);
    timer = setTimeout(ask, 80);
  });
  field.addEventListener("keydown", (event) => {
    const last = options.length - 1;
    if (event.key === "ArrowDown" && list) choose(at === last ? -1 : at + 1);
    else if (event.key === "ArrowUp" && list) choose(at === -1 ? last : at - 1);
    else if (event.key === "Enter" && options[at]) location.assign(options[at].href);
    else if (event.key === "Escape" && list) close();
    else return;
    event.preventDefault();
  });
  finder.addEventListener("focusout", (event) => {
    if (!finder.contains(event.relatedTarget)) setTimeout(close, 120);
  });
}
