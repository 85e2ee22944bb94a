// A text is read as it is typed: a bar and a color for every word.

import { asking, errorLine, h, hue, percent, textArea } from "./util.js";

export function mount(main, model) {
  const isBinary = model.labels.length === 2;
  const colors = model.labels.map((_, i) =>
    isBinary ? ["var(--minus)", "var(--plus)"][i] : `oklch(var(--bar-lightness) 0.14 ${hue(i)})`,
  );
  const { area, elements } = textArea("Text", { placeholder: "Type a sentence." });
  const error = errorLine();
  const reading = h("div", { class: "reading", role: "group", "aria-label": "The words as they are read" });
  const answer = h("p", { class: "answer", id: "answer", role: "status", "aria-live": "polite" });
  const bars = model.labels.map((label, i) => bar(label, colors[i]));
  const list = h("ul", { class: "bars", "aria-label": "Probabilities" }, ...bars.map((b) => b.element));
  main.append(...elements, error.element, reading, answer, list);

  const ask = asking("/explain", show, error);
  area.addEventListener("input", () => {
    if (area.value.trim()) return ask({ input: area.value });
    ask(null);
    reading.replaceChildren();
    answer.replaceChildren();
    bars.forEach((b) => b.set(null));
  });

  function show({ answer: { label, probability, probabilities }, words }) {
    reading.replaceChildren(...words.map(word));
    answer.replaceChildren(label, " ", h("span", { class: "share" }, percent(probability)));
    Object.values(probabilities).forEach((p, i) => bars[i].set(p));
  }

  function word({ text, probabilities }) {
    if (!probabilities) return h("span", { class: "word" }, h("span"), text);
    const best = probabilities.indexOf(Math.max(...probabilities));
    const p = probabilities[best];
    const shown = h("span", { class: "bar" });
    const floor = 1 / probabilities.length;
    const height = isBinary ? 100 * (p - 0.5) : 100 * p;
    shown.style.height = `${height}%`;
    shown.style[isBinary && best === 0 ? "top" : "bottom"] = isBinary ? "50%" : "0";
    const says = `${text.trim()}: ${model.labels[best]} ${percent(p)}`;
    return h(
      "span",
      {
        class: "word",
        role: "img",
        "aria-label": says,
        title: says,
        "data-label": model.labels[best],
        vars: { "--class": colors[best], "--strength": `${8 + (44 * (p - floor)) / (1 - floor)}%` },
      },
      h("span", { class: isBinary ? "plot halved" : "plot" }, shown),
      h("span", { class: "text" }, text.trim()),
    );
  }
}

function bar(label, color) {
  const fill = h("div", { class: "fill", vars: { "--class": color } });
  const share = h("span", { class: "share" });
  fill.style.width = "0";
  return {
    element: h("li", {}, h("span", {}, label), h("div", { class: "track" }, fill), share),
    set(p) {
      fill.style.width = p === null ? "0" : `${100 * p}%`;
      share.textContent = p === null ? "" : percent(p);
    },
  };
}
