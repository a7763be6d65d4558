// Pictures that a rider takes: made small as soon as they are taken, and kept on this phone until the
// shop has them. Without this script the file goes with its form as the camera made it.
const pictures = (() => {
  const LONGEST_SIDE = 1280;
  const MOST_BYTES = 500_000;
  const QUALITIES = [0.82, 0.7, 0.55, 0.4, 0.25];
  const MOST_KEPT = 40;
  const A_DAY = 86_400_000;

  const open = () => new Promise((resolve, reject) => {
    const asked = indexedDB.open("rider", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("pictures");
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });

  /** One transaction; what its request finds, once all of it is on the disk. */
  const within = async (mode, work) => {
    const base = await open();
    try {
      return await new Promise((resolve, reject) => {
        const transaction = base.transaction("pictures", mode);
        const asked = work(transaction.objectStore("pictures"));
        transaction.oncomplete = () => resolve(asked.result);
        transaction.onabort = () => reject(transaction.error);
      });
    } finally {
      base.close();
    }
  };

  const keep = async (key, bytes) => {
    if ((await within("readonly", (store) => store.count())) >= MOST_KEPT) throw new Error("too many pictures wait");
    await within("readwrite", (store) => store.put({ bytes, at: Date.now() }, key));
  };

  const get = async (key) => (await within("readonly", (store) => store.get(key)))?.bytes;

  const forget = (key) => within("readwrite", (store) => store.delete(key));

  /** Lets go of what is a day old and waits for nobody. */
  const sweep = (waiting) => within("readwrite", (store) => {
    const asked = store.openCursor();
    asked.onsuccess = () => {
      const found = asked.result;
      if (!found) return;
      if (!waiting.has(found.key) && found.value.at < Date.now() - A_DAY) found.delete();
      found.continue();
    };
    return asked;
  });

  /** Draws a file upright and no larger than the shop keeps it. */
  const draw = async (file, canvas) => {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
  };

  const packed = (canvas, quality) => new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", quality);
  });

  /** What is drawn as a JPEG of half a megabyte at most. */
  const pack = async (canvas) => {
    for (const quality of QUALITIES) {
      const blob = await packed(canvas, quality);
      if (blob.size <= MOST_BYTES) return blob.arrayBuffer();
    }
    throw new Error("the picture does not get small enough");
  };

  // ---- the field on a stop's page ----
  const parts = (field) => ({
    input: field.querySelector("input[type=file]"),
    canvas: field.querySelector("[data-shot-preview]"),
    label: field.querySelector("[data-shot-label]"),
    words: field.querySelector("[data-shot-words]"),
  });

  const say = (field, words, isWrong = false) => {
    const { input, words: line } = parts(field);
    line.textContent = words;
    line.classList.toggle("wrong", isWrong);
    if (isWrong) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };

  const show = (field, bytes) => {
    const { canvas, label } = parts(field);
    field.bytes = bytes;
    canvas.hidden = !bytes;
    label.textContent = bytes ? "Take again" : "Take the picture";
  };

  const took = async (field, file, draft) => {
    const { input, canvas } = parts(field);
    try {
      say(field, "One moment …");
      await draw(file, canvas);
      show(field, await pack(canvas));
      say(field, "This goes to the customer. Take it again if one cannot see where it is.");
      // A phone may close the page while its camera is open.
      await keep(draft, field.bytes).catch(() => {});
    } catch {
      show(field);
      input.value = "";
      say(field, "This picture cannot be read. Take it again, or take the code or a name.", true);
    }
  };

  const ready = async (field) => {
    const { input, canvas } = parts(field);
    const draft = `draft ${field.dataset.shot}`;
    field.classList.add("ready");
    show(field);
    input.addEventListener("change", () => {
      if (input.files.length > 0) took(field, input.files[0], draft);
    });
    const bytes = await get(draft).catch(() => undefined);
    if (!bytes || field.bytes) return;
    await draw(new Blob([bytes], { type: "image/jpeg" }), canvas);
    show(field, bytes);
  };

  const field = document.querySelector("[data-shot]");
  if (field) ready(field);

  return {
    /** What was taken on this page. */
    taken: () => field?.bytes,
    /** Says that it is still to be taken. */
    missing: () => {
      say(field, "Take the picture first.", true);
      parts(field).input.focus();
    },
    forgetDraft: (drop) => forget(`draft ${drop}`),
    keep, get, forget, sweep,
  };
})();
