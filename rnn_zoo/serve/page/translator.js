// A translation, where the decoder looked for each of its tokens, and the beam as a tree.

import { drawTree } from "./tree.js";
import { asking, errorLine, h, percent, range, textArea } from "./util.js";

export function mount(main, model) {
  const { area, elements } = textArea("Text to translate", { placeholder: "Type a sentence." });
  const width = range("width", "Hypotheses in the beam", { min: 1, max: 8, value: 4 });
  const penalty = range("penalty", "Length penalty", { min: 0, max: 2, step: 0.1, value: 0 });
  const error = errorLine();
  const answer = h("p", { class: "answer", id: "answer", role: "status", "aria-live": "polite" });
  const alignment = h("section", { "aria-label": "Alignment", hidden: true });
  const beam = h("section", { "aria-label": "Beam", hidden: true });
  main.append(
    ...elements,
    h("div", { class: "controls" }, width.element, penalty.element),
    error.element,
    answer,
    alignment,
    beam,
  );

  const ask = asking("/explain", show, error, 300);
  const update = () => {
    if (area.value.trim()) {
      const options = { width: Number(width.input.value), length_penalty: Number(penalty.input.value) };
      return ask({ input: area.value, ...options });
    }
    ask(null);
    answer.textContent = "";
    alignment.hidden = beam.hidden = true;
  };
  for (const input of [area, width.input, penalty.input]) input.addEventListener("input", update);

  function show(explanation) {
    answer.textContent = explanation.answer;
    alignment.hidden = explanation.attention === null;
    if (!alignment.hidden) align(alignment, explanation);
    beam.hidden = false;
    beam.replaceChildren(
      h("h2", {}, "What else it considered"),
      drawTree(explanation.tree),
      h(
        "ol",
        { class: "ranked", "aria-label": "The best hypotheses" },
        ...explanation.answers.map(([text, score]) =>
          h("li", {}, text, " ", h("span", { class: "score" }, `score ${score.toFixed(2)}`)),
        ),
      ),
    );
  }
}

function align(section, { source, target, attention }) {
  const buttons = (tokens, side) =>
    tokens.map((token, i) => button(token, tokens[i + 1], () => lookAt(i, side)));
  const read = buttons(source, "source");
  const written = buttons(target, "target");
  attention.forEach((row, i) => {
    const most = row.indexOf(Math.max(...row));
    const name = source[most].text.trim() || "the end";
    const label = `${target[i].text.trim() || "the end"}: looked at ${name}, ${percent(row[most])}`;
    written[i].firstChild.setAttribute("aria-label", label);
  });
  section.replaceChildren(
    h("h2", {}, "Where it looked"),
    h("p", { class: "side", id: "of-source" }, "read"),
    h("ul", { class: "tokens", id: "source", "aria-labelledby": "of-source" }, ...read),
    h("p", { class: "side", id: "of-target" }, "written"),
    h("ul", { class: "tokens", id: "target", "aria-labelledby": "of-target" }, ...written),
    h("p", { class: "hint" }, "Point at a word, or move to it with the Tab key."),
  );
  lookAt(0, "target");

  function lookAt(chosen, side) {
    const ofTarget = side === "target";
    read.forEach((item, i) => paint(item, ofTarget ? attention[chosen][i] : 0, !ofTarget && i === chosen));
    written.forEach((item, i) => paint(item, ofTarget ? 0 : attention[i][chosen], ofTarget && i === chosen));
  }
}

function paint({ firstChild: shown }, weight, isChosen) {
  shown.style.setProperty("--weight", `${Math.round(100 * weight)}%`);
  shown.dataset.weight = weight.toFixed(2);
  shown.classList.toggle("strong", weight > 0.55);
  shown.classList.toggle("chosen", isChosen);
}

function button({ text }, next, look) {
  const isEnd = text === "";
  return h(
    "li",
    { class: next?.space || next?.text === "" ? "spaced" : "" },
    h(
      "button",
      { type: "button", class: isEnd ? "end" : "", onmouseenter: look, onfocus: look, onclick: look },
      isEnd ? "end" : text,
    ),
  );
}
