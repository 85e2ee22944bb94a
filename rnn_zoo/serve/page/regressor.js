// A series as numbers, its curve, and the value that is predicted.

import { asking, errorLine, h, hue, svg, textArea } from "./util.js";

export function mount(main) {
  const { area, elements } = textArea("Series", { placeholder: "A step a line, its numbers divided by spaces.", rows: 8 });
  const error = errorLine();
  const curve = svg("svg", { class: "series", role: "img", "aria-label": "The series", viewBox: "0 0 100 100", preserveAspectRatio: "none" });
  const answer = h("p", { class: "answer", id: "answer", role: "status", "aria-live": "polite" });
  main.append(...elements, error.element, curve, answer);

  const ask = asking("/predict", ({ answers }) => show(answers[0]), error, 300);
  area.addEventListener("input", () => {
    const lines = area.value.trim().split("\n").map((line) => line.trim()).filter(Boolean);
    const steps = lines.map((line) => line.split(/[\s,;]+/).filter(Boolean).map(Number));
    answer.textContent = "";
    curve.replaceChildren();
    if (!steps.length) return ask(null);
    if (steps.flat().some(Number.isNaN)) {
      ask(null);
      return error.show(new Error("Every step is a line of numbers."));
    }
    draw(steps);
    ask({ inputs: [steps] });
  });

  const show = (values) => (answer.textContent = values.map((value) => value.toPrecision(4)).join(", "));

  function draw(steps) {
    const numbers = steps.flat();
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    steps[0].forEach((_, feature) => {
      const points = steps.map((step, i) => {
        const x = 4 + (92 * i) / Math.max(1, steps.length - 1);
        return `${x},${92 - (84 * (step[feature] - low)) / (high - low || 1)}`;
      });
      const line = svg("polyline", { points: points.join(" ") });
      line.style.setProperty("--hue", hue(feature));
      curve.append(line);
    });
  }
}
