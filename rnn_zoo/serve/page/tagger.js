// Tags over the words of a sentence, spans joined.

import { asking, errorLine, h, hue, textArea } from "./util.js";

const MEANINGS = {
  ADJ: "adjective", ADP: "adposition", ADV: "adverb", AUX: "auxiliary",
  CCONJ: "coordinating conjunction", DET: "determiner", INTJ: "interjection", NOUN: "noun",
  NUM: "numeral", PART: "particle", PRON: "pronoun", PROPN: "proper noun", PUNCT: "punctuation",
  SCONJ: "subordinating conjunction", SYM: "symbol", VERB: "verb", X: "other",
};
const WORDS = /[\p{L}\p{M}\p{N}]+(?:['’_.-][\p{L}\p{M}\p{N}]+)*|\S/gu;

export function mount(main, model) {
  const isBio = model.labels.every((label) => label === "O" || /^[BI]-/.test(label));
  const kinds = [...new Set(model.labels.map((l) => (isBio ? l.replace(/^[BI]-/, "") : l)))]
    .filter((label) => !(isBio && label === "O"))
    .sort();
  const hues = Object.fromEntries(kinds.map((kind, i) => [kind, hue(i)]));
  const { area, elements } = textArea("Sentence", { placeholder: "Type a sentence." });
  const error = errorLine();
  const tagged = h("ol", { class: "tagged", "aria-label": "The words with their tags" });
  const status = h("p", { class: "sr-only", id: "answer", role: "status", "aria-live": "polite" });
  const legend = Object.fromEntries(kinds.map((kind) => [kind, entry(kind, hues[kind])]));
  main.append(
    ...elements,
    h("p", { class: "hint" }, "Punctuation marks are words of their own."),
    error.element,
    tagged,
    status,
    h("h2", {}, "Legend"),
    h("ul", { class: "legend" }, ...Object.values(legend)),
  );

  const ask = asking("/explain", show, error);
  area.addEventListener("input", () => {
    const words = area.value.match(WORDS);
    if (words) return ask({ input: words });
    ask(null);
    show({ words: [], spans: [], answer: [] });
  });

  function show({ words, spans }) {
    const shown = [];
    let at = 0;
    for (const { label, start, end } of [...spans, { start: words.length }]) {
      for (; at < start; at++) shown.push(span([words[at]], null));
      if (label !== undefined) shown.push(span(words.slice(start, end), label));
      at = end;
    }
    tagged.replaceChildren(...shown);
    status.textContent = spans
      .map(({ label, start, end }) => `${words.slice(start, end).join(" ")}: ${label}`)
      .join(", ");
    const present = new Set(spans.map(({ label }) => label));
    for (const kind of kinds) legend[kind].classList.toggle("absent", !present.has(kind));
  }

  function span(words, label) {
    const isMarked = label !== null && label in hues;
    return h(
      "li",
      { class: isMarked ? "span marked" : "span", vars: { "--hue": hues[label] ?? 0 } },
      h("span", { class: "label" }, label ?? "\u00a0"),
      h("span", { class: "words" }, words.join(" ")),
    );
  }
}

function entry(kind, hueOfIt) {
  return h(
    "li",
    { class: "absent" },
    h("span", { class: "swatch", vars: { "--hue": hueOfIt } }),
    kind,
    h("span", { class: "meaning" }, MEANINGS[kind] ?? ""),
  );
}
