// The page: what every model shows, and the module of its task.

import { h } from "./util.js";

const TASKS = {
  text_classification: {
    title: "What it thinks, word by word",
    lead: "A bar is the model’s opinion if the text ended there.",
    module: "./classifier.js",
    example: '["a witty joy"]',
  },
  tagging: {
    title: "A tag for every word",
    lead: "The model names every word of a sentence.",
    module: "./tagger.js",
    example: '["The fox jumps ."]',
  },
  translation: {
    title: "From one text to another",
    lead: "Where the model looked for each word that it wrote, and what else it considered.",
    module: "./translator.js",
    example: '["..."]',
  },
  captioning: {
    title: "What is in the picture",
    lead: "An image in, a text out, one word after the other.",
    module: "./captioner.js",
    example: '["iVBORw0KGgo... (the file in base64)"]',
  },
  language_model: {
    title: "A text in the making",
    lead: "The model writes one token after the other; colors are what one of its cells remembers.",
    module: "./writer.js",
    example: '["..."]',
  },
  regression: {
    title: "A value for a series",
    lead: "The model reads the steps of a series one by one and says a value at the end.",
    module: "./regressor.js",
    example: "[[[0.1, 1], [0.4, 1]]]",
  },
};
const RUNTIMES = { onnxruntime: "ONNX Runtime", tensorflow: "TensorFlow", jax: "JAX" };
const CARD = { data: "Data", limits: "Limits", attribution: "Attribution", license: "License" };

const main = document.getElementById("main");
try {
  const response = await fetch("/model");
  const model = await response.json();
  const task = TASKS[model.task];
  document.title = `${model.name} – rnn_zoo`;
  document.getElementById("title").textContent = task.title;
  document.getElementById("lead").textContent = task.lead;
  const runtime = RUNTIMES[model.runtime] ?? model.runtime;
  document.getElementById("facts").textContent = `${model.name} · answers with ${runtime}`;
  showCard(model.card);
  document.getElementById("curl").textContent =
    `curl ${location.origin}/predict -H 'Content-Type: application/json' \\\n` +
    `     -d '{"inputs": ${task.example}}'`;
  const { mount } = await import(task.module);
  main.replaceChildren();
  mount(main, model);
  main.setAttribute("aria-busy", "false");
  document.getElementById("input").focus();
} catch (problem) {
  main.append(h("p", { class: "error", role: "alert" }, `The page failed: ${problem.message}`));
}

function showCard(card) {
  document.getElementById("about").hidden = !card;
  if (!card) return;
  const list = document.getElementById("card");
  if (card.score !== undefined) {
    list.append(h("dt", {}, "Score"), h("dd", {}, `${card.metric} ${card.score} on its test part`));
  }
  for (const [key, title] of Object.entries(CARD)) {
    if (card[key]) list.append(h("dt", {}, title), h("dd", {}, card[key]));
  }
}
