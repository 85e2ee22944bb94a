// An image that is dropped or chosen, its caption, and where the decoder looked for each word.

import { errorLine, h, send, waiting } from "./util.js";

export function mount(main, model) {
  const input = h("input", { type: "file", id: "input", accept: "image/*", class: "sr-only" });
  const canvas = h("canvas", { role: "img", "aria-label": "The image", hidden: true });
  const prompt = h("p", { class: "hint" }, "JPEG, PNG, GIF or BMP");
  const drop = h(
    "div",
    { class: "drop", id: "drop" },
    canvas,
    h("p", {}, "Drop an image here, or ", h("label", { for: "input" }, "choose a file"), "."),
    input,
    prompt,
  );
  const error = errorLine();
  const answer = h("p", { class: "answer", id: "answer", role: "status", "aria-live": "polite" });
  const glances = h("ul", { class: "glances" });
  const section = h("section", { hidden: true }, h("h2", {}, "Where it looked for each word"), glances);
  const note = h(
    "p",
    { class: "hint", hidden: model.attention },
    "This model does not attend: it saw the whole image before it wrote the first word.",
  );
  main.append(drop, error.element, answer, note, section);

  input.addEventListener("change", () => input.files.length && read(input.files[0]));
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files.length) read(event.dataTransfer.files[0]);
  });

  async function read(file) {
    error.show(null);
    answer.textContent = "";
    section.hidden = true;
    try {
      const image = await createImageBitmap(file).catch(() => {
        throw new Error(`${file.name} is no image that this browser can show.`);
      });
      canvas.hidden = false;
      draw(canvas, image, 480);
      waiting(true);
      const body = { input: await base64(file) };
      const explanation = await (await send("/explain", body)).json();
      answer.textContent = explanation.answer || "(no word)";
      canvas.setAttribute("aria-label", `The image: ${explanation.answer}`);
      if (explanation.attention) show(image, explanation);
    } catch (problem) {
      error.show(problem);
    } finally {
      waiting(false);
    }
  }

  function show(image, { words, attention }) {
    section.hidden = false;
    const buttons = words.map((word, i) => {
      const small = h("canvas", { "aria-hidden": "true" });
      draw(small, image, 180, attention[i]);
      const look = () => {
        draw(canvas, image, 480, attention[i]);
        buttons.forEach((b, j) => b.setAttribute("aria-pressed", String(i === j)));
      };
      const label = `${word}: looked ${place(attention[i])}`;
      return h(
        "button",
        { type: "button", class: "quiet", "aria-label": label, "aria-pressed": "false", onmouseenter: look, onfocus: look, onclick: look },
        small,
        word,
      );
    });
    glances.replaceChildren(...buttons.map((b) => h("li", {}, b)));
  }
}

/** An image on a canvas, black where the decoder did not look. */
function draw(canvas, image, least, weights = null) {
  const scale = Math.max(1, least / Math.max(image.width, image.height));
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = scale < 4;
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  if (!weights) return;
  const shade = new OffscreenCanvas(weights[0].length, weights.length);
  const pixels = new ImageData(shade.width, shade.height);
  const most = Math.max(...weights.flat());
  weights.flat().forEach((weight, i) => (pixels.data[4 * i + 3] = 205 * (1 - weight / most)));
  shade.getContext("2d").putImageData(pixels, 0, 0);
  context.imageSmoothingEnabled = true;
  context.drawImage(shade, 0, 0, canvas.width, canvas.height);
}

/** In words, where most of the weight is. */
function place(weights) {
  const flat = weights.flat();
  const at = flat.indexOf(Math.max(...flat));
  const third = (i, n) => Math.min(2, Math.floor((3 * (i + 0.5)) / n));
  const row = third(Math.floor(at / weights[0].length), weights.length);
  const column = third(at % weights[0].length, weights[0].length);
  return `${["at the top", "in the middle", "at the bottom"][row]}, ${["left", "center", "right"][column]}`;
}

async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let i = 0; i < bytes.length; i += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  }
  return btoa(binary);
}
