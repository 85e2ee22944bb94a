// A language model writes as one watches; one of its cells colors the text.

import { errorLine, h, percent, range, send, textArea } from "./util.js";

const SUGGESTED = 6;

export function mount(main, model) {
  const { area, elements } = textArea("Beginning", { placeholder: "Leave it empty, or type how the text begins." });
  const temperature = range("temperature", "Temperature", { min: 0.1, max: 1.5, step: 0.1, value: 0.7 });
  const length = range("length", "Tokens", { min: 20, max: 400, step: 20, value: 120 });
  const write = h("button", { type: "button", id: "write", onclick: start }, "Write");
  const stop = h("button", { type: "button", id: "stop", class: "quiet", disabled: true, onclick: () => controller.abort() }, "Stop");
  const error = errorLine();
  const kind = model.tokens === "characters" ? "written characters" : "written";
  const text = h("p", { class: kind, id: "text", tabindex: "0", role: "region", "aria-label": "The text" });
  const status = h("p", { class: "sr-only", id: "answer", role: "status", "aria-live": "polite" });
  const cell = range("cell", "Cell that colors the text", { min: 1, max: 1, value: 1 }, ofAll);
  const suggestions = h("div", { class: "buttons", role: "group", "aria-label": "Cells that change most" });
  const scale = h("p", { class: "scale" }, "−1", h("span", { class: "ramp" }), "1");
  const cells = h("section", { hidden: true }, h("div", { class: "controls" }, cell.element), suggestions, scale);
  main.append(
    ...elements,
    h("div", { class: "controls" }, temperature.element, length.element),
    h("div", { class: "buttons" }, write, stop),
    error.element,
    h("h2", { id: "of-text" }, "Text"),
    text,
    status,
    cells,
  );
  cell.input.addEventListener("input", paintAll);
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) start();
  });
  let controller = new AbortController();
  let tokens = [];

  async function start() {
    controller.abort();
    const own = (controller = new AbortController());
    tokens = [];
    text.replaceChildren();
    text.classList.add("busy");
    suggestions.replaceChildren();
    status.textContent = "Writing.";
    error.show(null);
    stop.disabled = false;
    const body = {
      prompt: area.value,
      temperature: Number(temperature.input.value),
      max_new_tokens: Number(length.input.value),
    };
    try {
      for await (const event of events(await send("/stream", body, own.signal))) {
        if (own !== controller) return;
        if (event.error) throw new Error(event.error);
        if (!event.done) add(event);
      }
    } catch (problem) {
      if (problem.name !== "AbortError") error.show(problem);
    }
    if (own !== controller) return;
    text.classList.remove("busy");
    stop.disabled = true;
    status.textContent = `Written: ${text.textContent}`;
    suggest();
  }

  function add(event) {
    if (!tokens.length) {
      cells.hidden = false;
      cell.input.max = event.cells.length;
      cell.output.textContent = ofAll(cell.input.value);
    }
    const says = event.prompt ? "given" : `probability ${percent(event.probability)}`;
    const span = h("span", { class: event.prompt ? "prompt" : "", title: says }, event.text);
    tokens.push({ span, cells: event.cells });
    paint(tokens.at(-1));
    text.append(span);
  }

  function paint({ span, cells: values }) {
    const value = values[cell.input.value - 1];
    span.style.setProperty("--sign", value < 0 ? "var(--minus)" : "var(--plus)");
    span.style.setProperty("--strength", `${Math.round(0.6 * Math.abs(value))}%`);
    span.dataset.cell = value;
  }

  function paintAll() {
    tokens.forEach(paint);
    for (const button of suggestions.children) {
      button.setAttribute("aria-pressed", String(button.dataset.cell === cell.input.value));
    }
  }

  /** Offer the cells whose values differ most within the text. */
  function suggest() {
    if (tokens.length < 2) return;
    const spread = tokens[0].cells.map((_, i) => {
      const values = tokens.map((token) => token.cells[i]);
      const mean = values.reduce((a, b) => a + b) / values.length;
      return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    });
    const best = spread.map((s, i) => [s, i + 1]).sort((a, b) => b[0] - a[0]).slice(0, SUGGESTED);
    suggestions.replaceChildren(
      ...best.map(([, number]) =>
        h("button", { type: "button", class: "quiet", "data-cell": number, "aria-pressed": "false", onclick: () => choose(number) }, `Cell ${number}`),
      ),
    );
    paintAll();
  }

  function choose(number) {
    cell.input.value = number;
    cell.output.textContent = ofAll(number);
    paintAll();
  }
}

const ofAll = (number) => {
  const input = document.getElementById("cell");
  return input ? `${number} of ${input.max}` : "";
};

/** The objects of server-sent events, as they arrive. */
async function* events(response) {
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  let pending = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    pending += decoder.decode(value, { stream: true });
    const blocks = pending.split("\n\n");
    pending = blocks.pop();
    for (const block of blocks) yield JSON.parse(block.slice("data: ".length));
  }
}
