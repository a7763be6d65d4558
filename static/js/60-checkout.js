// The way through the checkout: what is typed is kept and looked at when a field is left, a chosen
// time is held at once, its end is announced, and a card's figures go to the gateway's frame alone.

const patience = () => AbortSignal.timeout(8000);

// ---- Fields. The shop says what is wrong; a message goes as soon as the value is right.

const draftForm = document.querySelector("form[data-draft]");

/** Shows or takes away the words at a field. */
const mind = (name, words) => {
  const field = document.getElementById(name);
  const wrong = document.getElementById(`${name}-wrong`);
  if (!field || !wrong) return;
  wrong.querySelector("span").textContent = words ?? "";
  wrong.hidden = !words;
  if (words) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
  mindSummary(name, words);
};

/** What is put right leaves the summary, and with the last one the summary goes. */
const mindSummary = (name, words) => {
  const summary = document.querySelector("[aria-labelledby=problem]");
  const link = summary?.querySelector(`a[href="#${name}"]`);
  if (!link) return;
  if (words) link.textContent = words;
  else link.closest("li").remove();
  if (!summary.querySelector("li")) summary.remove();
  mindTitle();
};

/** The title tells of a refusal as long as the page does. */
const mindTitle = (fresh) => {
  const plain = document.title.replace(/^Error: /, "");
  if (fresh?.title.startsWith("Error: ")) document.title = `Error: ${plain}`;
  else if (!document.querySelector(".note[data-focus]")) document.title = plain;
};

/** What a part of the page that was taken over does not say any more leaves the summary, too. */
const mindParts = () => {
  for (const link of document.querySelectorAll("[aria-labelledby=problem] li a")) {
    const name = link.hash.slice(1);
    if (document.getElementById(`${name}-wrong`)?.hidden) mindSummary(name, "");
  }
};

// A choice, a tick and a code of the later steps: what was refused is not there any more.
const refusedHere = [
  ["age", (field) => !field.checked],
  ["coupon", (field, was) => field.value.trim() === was],
  ["gift_note", (field) => [...field.value.trim()].length > 300],
  ["way", () => false],
];
for (const [name, isRefused] of refusedHere) {
  const words = document.querySelector(`#${name}-wrong:not([hidden]) span`)?.textContent;
  const field = document.getElementById(name);
  if (!words || !field) continue;
  const was = field.value?.trim();
  field.addEventListener("input", () => mind(name, isRefused(field, was) ? words : ""));
}

const show = (id, words) => {
  const line = document.getElementById(id);
  if (!line) return;
  line.hidden = !words;
  const where = line.querySelector("b") ?? line.querySelector("span");
  if (where) where.textContent = words ?? "";
};

/** Goes where the shop has led us. Its message has been said to us, so we carry it there. */
const leadTo = (address, html) => {
  const message = live(new DOMParser().parseFromString(html, "text/html")).get("notice");
  if (message?.dataset.say) sessionStorage.setItem("message", message.outerHTML);
  location.assign(address);
};

/** Takes the parts of this page that the shop would show now. */
const renew = async () => {
  const response = await fetch(location.href.replace(/#.*/, ""), { signal: patience() });
  const html = await response.text();
  if (!samePage(response.url)) leadTo(response.url, html);
  else if (response.ok) takeOver(html);
};

/** Each sending of a form has a higher number than the ones before, in whichever tab: the shop
 * ignores what was typed earlier and comes later. */
const number = (form) => {
  const rev = form.elements.namedItem("rev");
  if (rev) rev.value = String(Math.max(Number(rev.value) + 1, Date.now()));
};

if (draftForm) {
  const left = new Set([...draftForm.querySelectorAll("[aria-invalid]")].map((el) => el.id));
  /** Ends what is under way; renewed for each. */
  let stop = new AbortController();
  /** Whether something waits for its turn: it will take along all that is typed by then. */
  let waiting = false;
  /** The button was pressed: the whole form is on its way. */
  let sent = false;

  const body = () => {
    number(draftForm);
    return new URLSearchParams(new FormData(draftForm));
  };

  const look = async () => {
    if (waiting || sent) return;
    waiting = true;
    try {
      const heard = await inTurn(ask);
      // Another place is said once, by the first answer that has it.
      if (heard?.moved && !sent) await renew();
      if (!heard || waiting || sent) return;
      for (const name of left) mind(name, heard.problems[name]);
      show("eircode-known", heard.known);
      show("email-meant", heard.meant);
    } catch {
      // The button sends it all again.
    }
  };

  const ask = async () => {
    waiting = false;
    if (sent) return null;
    stop = new AbortController();
    const ours = stop;
    const late = setTimeout(() => ours.abort(), 8000);
    try {
      const response = await fetch(draftForm.dataset.draft, { method: "POST", body: body(), signal: ours.signal, keepalive: true });
      return response.ok ? await response.json() : null;
    } finally {
      clearTimeout(late);
    }
  };

  draftForm.addEventListener("submit", (event) => {
    if (event.submitter?.matches("[data-quiet]")) return;
    sent = true;
    clearTimeout(timer);
    number(draftForm);
    stop.abort();
  });
  addEventListener("pageshow", () => { sent = false; });
  addEventListener("pagehide", () => {
    if (waiting && !sent) navigator.sendBeacon?.(draftForm.dataset.draft, body());
  });

  draftForm.addEventListener("focusout", (event) => {
    const field = event.target;
    if (!field.matches("input:not([type=radio], [type=hidden]), textarea, select")) return;
    if (field.value.trim() || field.getAttribute("aria-invalid")) left.add(field.id);
    look();
  });
  let timer = 0;
  draftForm.addEventListener("input", (event) => {
    if (event.target.getAttribute("aria-invalid") !== "true") return;
    clearTimeout(timer);
    timer = setTimeout(look, 250);
  });
}

// ---- Buttons that change a part of the page and leave what is typed alone.

const quietly = async (form, submitter, more = {}) => {
  // The button may be gone, with its part of the page, when its turn comes.
  const pressed = submitter?.name ? { [submitter.name]: submitter.value } : {};
  const post = () => {
    number(form);
    const body = new URLSearchParams(new FormData(form));
    for (const [name, value] of Object.entries({ ...pressed, ...more })) body.set(name, value);
    return fetch(submitter?.getAttribute("formaction") ?? form.action, { method: "POST", body, signal: patience() });
  };
  form.dataset.busy = "";
  try {
    const response = await inTurn(post);
    const html = await response.text();
    if (!samePage(response.url)) return leadTo(response.url, html);
    history.replaceState(null, "", response.url.replace(/#.*/, ""));
    const fresh = takeOver(html);
    // Why a time is not held stands at the times.
    if (!response.ok) say(fresh.querySelector(".wrong:not([hidden]) span")?.textContent);
  } catch {
    // The network is away: a button is pressed as without scripts, and a choice goes with the next one.
    if (!submitter) return;
    submitter.removeAttribute("data-quiet");
    form.requestSubmit(submitter);
  } finally {
    delete form.dataset.busy;
  }
};

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!submitter?.matches("[data-quiet]")) return;
  event.preventDefault();
  quietly(form, submitter);
});

// A time is held as soon as it is chosen.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-holds]")) return;
  quietly(event.target.form, null, { do: "hold" });
});

// ---- The clock of the hold: told once at two minutes, again when it is over.

const WARN_AT = 120;
let clock = 0;

const words = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left.`;

const watchHold = () => {
  clearInterval(clock);
  const line = document.querySelector("[data-hold]");
  if (!line) return;
  const end = performance.now() + Number(line.dataset.hold) * 1000;
  const leftLine = line.querySelector("[data-left]");
  let told = false;
  clock = setInterval(async () => {
    if (!line.isConnected) return watchHold();
    const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    if (seconds > WARN_AT) return;
    line.classList.add("soon");
    leftLine.hidden = false;
    leftLine.textContent = words(seconds);
    if (!told) {
      told = true;
      say(`${line.querySelector(".held").textContent} ${Math.ceil(seconds / 60)} minutes are left. Press “Keep it longer” to keep it.`);
    }
    if (seconds > 0) return;
    clearInterval(clock);
    await renew().catch(() => {});
    say("Your delivery time is not held any more. You can hold it again or choose another one.");
  }, 500);
};
watchHold();

let lastSaid = document.querySelector("[data-live=notes]")?.dataset.say;
document.addEventListener("taken-over", ({ detail }) => {
  watchHold();
  mindParts();
  mindTitle(detail);
  const notes = document.querySelector("[data-live=notes]");
  if (notes && notes.dataset.say !== lastSaid) say(notes.dataset.say);
  lastSaid = notes?.dataset.say;
});

// ---- One order: the button is pressed once. The shop sees to it anyway.

for (const form of document.querySelectorAll("form[data-once]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (event.submitter?.matches("[data-quiet]")) return;
    if (sent) return event.preventDefault();
    sent = true;
    for (const button of document.querySelectorAll(`[form="${form.id}"], #${form.id} button`)) button.setAttribute("aria-disabled", "true");
    say("Your order is being placed");
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    sent = false;
    location.reload();
  });
}

// ---- The card. Its figures are typed into the gateway's frame; what comes back is a word for it.

const payIn = (paying) => {
  const field = (name) => paying.querySelector(`input[type=hidden][name=${name}]`);
  const chosen = () => paying.querySelector("input[name=way]:checked")?.value;
  const billing = () => ({ name: paying.dataset.name, email: paying.dataset.email, postcode: paying.dataset.eircode, address: { line1: paying.dataset.line, postal_code: paying.dataset.eircode, country: "IE" } });
  let waiting = false;
  /** What is said of the service that is asked now, if it is slow. */
  let late = [];
  /** The form is on its way in the background. */
  let sending = false;
  /** The gateway's fields: on their way, there, or not coming. */
  let fields = paying.dataset.gateway ? "coming" : "none";
  const NOT_OPEN = "The card form did not open. Reload the page, or choose another way to pay.";

  const complainAt = (message) => {
    waiting = false;
    late.forEach(clearTimeout);
    for (const button of document.querySelectorAll("[data-go]")) button.removeAttribute("aria-disabled");
    const wrong = document.getElementById("card-wrong");
    if (!wrong) return;
    wrong.querySelector("span").textContent = message ?? "";
    wrong.hidden = !message;
  };

  const goOn = ({ id, brand, last4, exp_month, exp_year, wallet }) => {
    late.forEach(clearTimeout);
    field("method").value = id;
    field("brand").value = brand ?? "";
    field("last4").value = last4 ?? "";
    field("expires").value = exp_month ? `${String(exp_month).padStart(2, "0")}/${String(exp_year).slice(-2)}` : "";
    field("wallet").value = wallet ?? "";
    if (wallet) {
      const way = Object.assign(document.createElement("input"), { type: "hidden", name: "way", value: "card" });
      for (const radio of paying.querySelectorAll("input[name=way]")) radio.disabled = true;
      paying.append(way);
    }
    if (inPlace) payInPlace();
    else HTMLFormElement.prototype.submit.call(paying);
  };

  // On an order's page the answer is taken over where one is: nothing that was typed is lost.
  const inPlace = "inPlace" in paying.dataset;
  const busy = (is) => {
    sending = is;
    for (const button of document.querySelectorAll("[data-go]")) {
      if (is) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    }
  };
  const payInPlace = async () => {
    if (sending) return;
    waiting = false;
    busy(true);
    say("Your payment is on its way");
    const body = new URLSearchParams(new FormData(paying));
    body.set("in_place", "yes");
    try {
      const fresh = await send(paying.action, body);
      if (fresh) showAnswer(fresh);
    } catch {
      // No word came back. The page knows what became of it, or will.
      await renew().catch(() => complainAt("No answer came. Check your connection, then look again: you cannot be charged twice."));
    } finally {
      busy(false);
      for (const radio of paying.querySelectorAll("input[name=way]:disabled")) radio.disabled = false;
      paying.querySelector("input[type=hidden][name=way]")?.remove();
    }
  };
  const showAnswer = (fresh) => {
    document.title = fresh.title;
    const on = fresh.querySelector("[data-said-approve]") && document.querySelector("[data-approve]");
    if (on) return location.assign(on.href);
    const refused = document.querySelector("[data-focus]");
    if (refused) refused.focus();
    else document.getElementById("state")?.focus();
    say(document.querySelector("[data-live=order]")?.dataset.say);
  };

  /** Asks for the word; set by the gateway that is there. */
  let tokenise = null;

  const room = paying.querySelector("[data-card-frame]");
  const opened = () => {
    if (fields === "absent") {
      complainAt("");
      if (room) room.hidden = false;
    }
    fields = "there";
  };
  const notOpened = () => {
    if (fields !== "coming") return;
    fields = "absent";
    if (room) room.hidden = true;
    complainAt(NOT_OPEN);
  };
  if (room || paying.querySelector("[data-stripe]")) setTimeout(notOpened, 5000);

  // Their room is there from the start, so that nothing moves: with wallets in it, or with the words that
  // there are none.
  const wallets = paying.querySelector("[data-wallets]");
  const haveWallets = (there) => {
    if (!wallets || wallets.dataset.there === "yes") return;
    wallets.dataset.there = there ? "yes" : "no";
    wallets.querySelector("[data-no-wallet]").hidden = there;
  };
  if (wallets) setTimeout(() => haveWallets(false), 5000);

  /** The service is slow: one is told, and does not wait for ever. */
  const waitFor = () => {
    late.forEach(clearTimeout);
    late = [
      setTimeout(() => waiting && say("The payment service is slow. Please wait a moment."), 2000),
      setTimeout(() => waiting && complainAt("The payment service did not answer. Try again in a moment, or pay another way."), 8000),
    ];
  };

  paying.addEventListener("submit", (event) => {
    if (event.submitter?.value && event.submitter.name === "do") return;
    if (chosen() !== "card" || (!tokenise && fields === "none")) {
      if (!inPlace) return;
      event.preventDefault();
      payInPlace();
      return;
    }
    event.preventDefault();
    if (waiting || sending) return;
    if (fields !== "there" || !tokenise) {
      notOpened();
      say(NOT_OPEN);
      return;
    }
    waiting = true;
    complainAt("");
    waiting = true;
    for (const button of document.querySelectorAll("[data-go]")) button.setAttribute("aria-disabled", "true");
    tokenise();
    waitFor();
  });

  // The sandbox: frames of our own that speak by messages.
  if (paying.dataset.gateway === "sandbox") {
    const card = paying.querySelector("[data-card-frame]");
    const walletFrame = paying.querySelector("[data-wallet-frame]");
    const ask = (frame) => frame.contentWindow.postMessage({ type: "tokenise", billing: billing() }, new URL(frame.src).origin);
    if (card) tokenise = () => ask(card);
    addEventListener("message", ({ source, origin, data }) => {
      const frame = [card, walletFrame].find((f) => f && f.contentWindow === source);
      if (!frame || origin !== new URL(frame.src).origin || typeof data !== "object" || !data) return;
      if (data.type === "height" && data.px > 0) frame.style.blockSize = `${Math.min(900, Math.ceil(data.px))}px`;
      else if (data.type === "ready" && frame === card) opened();
      else if (data.type === "ready" && frame === walletFrame) {
        haveWallets(true);
        frame.contentWindow.postMessage({ type: "billing", billing: billing() }, origin);
      }
      else if (data.type === "problem") complainAt(frame === card && data.field ? "" : data.message);
      else if (data.type === "token") goOn(data);
      if (data.type === "problem") say(data.message);
      if (data.type === "complete" && data.complete) complainAt("");
    });
    // Whoever was there before this script is asked to say so again.
    for (const frame of [card, walletFrame].filter(Boolean)) {
      const hello = () => frame.contentWindow.postMessage({ type: "hello" }, new URL(frame.src).origin);
      frame.addEventListener("load", hello);
      const there = frame.contentDocument; // none of our business once it is another site's
      if (there === null || there.URL !== "about:blank") hello();
    }
  }

  // Stripe: its own script brings the fields, each in a frame of Stripe's.
  if (paying.dataset.gateway === "stripe") {
    const begin = () => {
      const stripe = Stripe(paying.dataset.key);
      const look = getComputedStyle(document.body);
      const base = { fontFamily: "system-ui, sans-serif", fontSize: "16px", color: look.color };
      const elements = stripe.elements({ locale: "en" });
      const parts = {};
      for (const box of paying.querySelectorAll("[data-stripe]")) {
        const part = (parts[box.dataset.stripe] = elements.create(box.dataset.stripe, { style: { base } }));
        part.mount(box);
        part.on("ready", opened);
        part.on("focus", () => box.classList.add("focused"));
        part.on("blur", () => box.classList.remove("focused"));
        part.on("change", ({ error }) => complainAt(error?.message));
      }
      if (parts.cardNumber) {
        tokenise = async () => {
          const { error, paymentMethod } = await stripe.createPaymentMethod({ type: "card", card: parts.cardNumber, billing_details: { name: paying.dataset.name, email: paying.dataset.email, address: billing().address } });
          if (error) complainAt(error.message);
          else goOn({ id: paymentMethod.id, ...paymentMethod.card });
        };
      }
      const place = paying.querySelector("[data-wallet-button]");
      if (!place) return;
      const request = stripe.paymentRequest({ country: "IE", currency: "eur", total: { label: "SmartShop", amount: Number(paying.dataset.cents), pending: true } });
      request.canMakePayment().then((can) => {
        haveWallets(Boolean(can));
        if (!can) return;
        elements.create("paymentRequestButton", { paymentRequest: request }).mount(place);
        request.on("paymentmethod", (answer) => {
          answer.complete("success");
          const wallet = { applePay: "apple_pay", googlePay: "google_pay", browserCard: "wallet" }[answer.walletName] ?? answer.walletName;
          goOn({ id: answer.paymentMethod.id, ...answer.paymentMethod.card, wallet });
        });
      });
    };
    const script = document.querySelector("script[src^='https://js.stripe.com/']");
    if (window.Stripe) begin();
    else {
      script?.addEventListener("load", begin);
      script?.addEventListener("error", () => complainAt("The payment service could not be reached. Try again in a moment, or pay another way."));
    }
  }
};
/** Forms there are now; one that comes with a later part of the page is made ready then. */
const paidIn = new WeakSet();
const payHere = () => {
  for (const form of document.querySelectorAll("form[data-paying]")) {
    if (paidIn.has(form)) continue;
    paidIn.add(form);
    payIn(form);
  }
};
payHere();
document.addEventListener("taken-over", payHere);
