// What the pages of all tasks share.

/** An element with attributes and children; `on...` attributes are listeners. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "vars") for (const [k, v] of Object.entries(value)) element.style.setProperty(k, v);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/** The same of SVG. */
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

export const percent = (share) => `${Math.round(100 * share)} %`;

/** Send JSON; gives the response. A refusal throws what the server says of it. */
export async function send(path, body, signal) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({}));
  throw new Error(error ?? `The server answers ${response.status}.`);
}

/** A line for what went wrong, which screen readers read at once. */
export function errorLine() {
  const line = h("p", { class: "error", role: "alert", hidden: true });
  return {
    element: line,
    show(error) {
      line.hidden = !error;
      line.textContent = error ? error.message : "";
    },
  };
}

/**
 * A function that asks the server once its caller has paused, and drops answers that are outdated.
 *
 * @param path where to ask.
 * @param show gets the answer.
 * @param error an `errorLine`.
 */
export function asking(path, show, error, pause = 150) {
  let timer, controller;
  return (body) => {
    clearTimeout(timer);
    controller?.abort();
    if (body === null) return error.show(null);
    timer = setTimeout(async () => {
      const own = (controller = new AbortController());
      const isLate = setTimeout(() => waiting(true), 250);
      try {
        const answer = await (await send(path, body, own.signal)).json();
        error.show(null);
        show(answer);
      } catch (problem) {
        if (problem.name !== "AbortError") error.show(problem);
      } finally {
        clearTimeout(isLate);
        if (own === controller) waiting(false);
      }
    }, pause);
  };
}

/** Show whether an answer is on its way. */
export function waiting(isWaiting) {
  const main = document.getElementById("main");
  main.classList.toggle("waiting", isWaiting);
  main.setAttribute("aria-busy", String(isWaiting));
}

/** A labeled text area. */
export function textArea(label, attributes) {
  const area = h("textarea", {
    id: "input",
    spellcheck: "false",
    autocomplete: "off",
    ...attributes,
  });
  return { area, elements: [h("label", { for: "input" }, label), area] };
}

/** A labeled range with its value. */
export function range(id, label, attributes, format = String) {
  const input = h("input", { type: "range", id, ...attributes });
  const output = h("output", { for: id }, format(input.value));
  input.addEventListener("input", () => (output.textContent = format(input.value)));
  return { input, output, element: h("div", {}, h("label", { for: id }, label, output), input) };
}

/** Hues that differ, the nearer in the list the more. */
export const hue = (i) => Math.round((i * 137.508 + 250) % 360);
