// Ask an ONNX model of rnn_zoo in the browser: what client.py does, for text, in JavaScript.
//
//     import * as ort from "./ort.wasm.min.mjs";                  // npm package onnxruntime-web
//     const model = await Model.load(ort, "model.onnx");     // beside it preprocessing.json
//     await model.answer("a witty joy");
//
// A text to classify gives {label, probability, probabilities}, a sentence its tags, and a text to
// translate another text.

const FORMAT = 1;
const [PADDING, UNKNOWN, START, END] = [0, 1, 2, 3];
const SPACE = /[ \t\n\v\f\r]+/;
const WORD_MARKS = "'’_";

export class Model {
  constructor(ort, session, settings) {
    this.ort = ort;
    this.session = session;
    this.inputs = settings.inputs;
    this.outputs = settings.outputs;
    this.ids = new Map(settings.inputs.vocabulary.map((token, id) => [token, id]));
    this.longest = Math.max(...settings.inputs.vocabulary.map((token) => [...token].length));
  }

  static async load(ort, url) {
    const beside = new URL("preprocessing.json", new URL(url, location.href));
    const settings = await (await fetch(beside)).json();
    if (settings.format > FORMAT) throw new Error(`${url} was written by a newer version.`);
    const kind = settings.inputs.kind;
    if (!["texts", "sentences"].includes(kind)) throw new Error(`${url} reads ${kind}, not text.`);
    return new Model(ort, await ort.InferenceSession.create(url), settings);
  }

  async answer(text) {
    const feeds = this.inputs.kind === "texts" ? this.ofText(text) : this.ofSentence(text);
    const results = await this.session.run(feeds);
    return this[this.outputs.kind](results);
  }

  tensor(ids, shape) {
    return new this.ort.Tensor("int32", Int32Array.from(ids), shape);
  }

  ofText(text) {
    let ids = this.split(normalized(text, this.inputs.lowercase)).map((token) => this.idOf(token));
    const { max_length: limit, truncate, start, end, name } = this.inputs;
    if (limit !== null) ids = truncate === "start" ? ids.slice(-limit) : ids.slice(0, limit);
    ids = [...(start ? [START] : []), ...ids, ...(end ? [END] : [])];
    if (!ids.length) ids = [PADDING];
    return { [name]: this.tensor(ids, [1, ids.length]) };
  }

  ofSentence(text) {
    const words = text.split(SPACE).filter(Boolean);
    const { names, lowercase, max_word_length: longest } = this.inputs;
    const ids = words.map((word) => Math.max(this.idOf(normalized(word, lowercase)), UNKNOWN));
    if (!ids.length) ids.push(PADDING);
    const feeds = { [names[0]]: this.tensor(ids, [1, ids.length]) };
    if (names.length > 1) {
      const bytes = words.map((word) => [...new TextEncoder().encode(word)].slice(0, longest));
      const width = Math.max(1, ...bytes.map((word) => word.length));
      const padded = ids.flatMap((_, i) =>
        Array.from({ length: width }, (_, j) => (bytes[i]?.[j] ?? -1) + 1),
      );
      feeds[names[1]] = this.tensor(padded, [1, ids.length, width]);
    }
    return feeds;
  }

  idOf(token) {
    return this.ids.get(token) ?? UNKNOWN;
  }

  split(text) {
    if (this.inputs.tokens === "characters") return [...text];
    if (this.inputs.tokens === "whitespace") {
      return text.replace(/\r?\n/g, " [EOL] ").split(SPACE).filter(Boolean);
    }
    const spaced = [...text].map((c) => (this.stays(c) ? c : ` ${c} `)).join("");
    const words = spaced.split(SPACE).filter(Boolean);
    return this.inputs.tokens === "subwords" ? words.flatMap((word) => this.pieces(word)) : words;
  }

  stays(character) {
    const point = character.codePointAt(0);
    const isLetter = this.inputs.word_characters.some(([a, b]) => a <= point && point <= b);
    return isLetter || WORD_MARKS.includes(character) || SPACE.test(character);
  }

  pieces(word) {
    const characters = [..."▁", ...word];
    const found = [];
    for (let at = 0; at < characters.length; ) {
      let size = Math.min(this.longest, characters.length - at);
      while (size > 1 && !this.ids.has(characters.slice(at, at + size).join(""))) size--;
      found.push(characters.slice(at, at + size).join(""));
      at += size;
    }
    return found;
  }

  classes(results) {
    const probabilities = [...results.probabilities.data];
    const best = probabilities.indexOf(Math.max(...probabilities));
    const labels = this.outputs.labels;
    return {
      label: labels[best],
      probability: probabilities[best],
      probabilities: Object.fromEntries(labels.map((label, i) => [label, probabilities[i]])),
    };
  }

  tags(results) {
    return [...results.tags.data].filter((id) => id >= 0).map((id) => this.outputs.labels[id]);
  }

  texts(results) {
    const ids = [...results.tokens.data].slice(0, results.tokens.dims.at(-1)).map(Number);
    const end = ids.indexOf(END);
    const tokens = (end < 0 ? ids : ids.slice(0, end)).map((id) => this.outputs.vocabulary[id]);
    const isWords = !["characters", "subwords"].includes(this.outputs.tokens);
    const joined = tokens.join(isWords ? " " : "");
    if (this.outputs.tokens === "subwords") return joined.replaceAll("▁", " ").trim();
    return joined.replace(/ ?\[EOL\] ?/g, "\n");
  }
}

function normalized(text, lowercase) {
  const safe = text.toWellFormed().replaceAll("\0", "\ufffd");
  return lowercase ? safe.toLowerCase() : safe;
}
