// The hypotheses of a beam as a tree.

import { h, percent, svg } from "./util.js";

const ROW = 40;
const GAP = 34;

/** A scrollable drawing of `nodes`, each behind its parent; those in `best` stand out. */
export function drawTree({ nodes, best }) {
  const children = nodes.map(() => []);
  nodes.forEach(({ parent }, i) => parent !== null && children[parent].push(i));
  const depth = nodes.map(() => 0);
  nodes.forEach(({ parent }, i) => parent !== null && (depth[i] = depth[parent] + 1));
  const x = columns(nodes, depth);
  const y = rows(children, new Set(best));
  const isBest = new Set([0, ...best]);
  const edges = [];
  const labels = [];
  nodes.forEach(({ parent, text, probability }, i) => {
    const name = isBest.has(i) ? "best" : "";
    if (parent !== null) {
      const from = x[parent] + labelWidth(nodes[parent], parent) + 6;
      const middle = x[i] - GAP / 2 + 4;
      const path = `M${from} ${y[parent]}C${middle} ${y[parent]} ${middle} ${y[i]} ${x[i] - 10} ${y[i]}`;
      edges.push(svg("path", { d: path, class: name }));
    }
    const group = svg("g", { class: name }, svg("circle", { cx: x[i] - 5, cy: y[i], r: 3 }));
    if (i) {
      group.append(
        svg("text", { x: x[i] + 3, y: y[i] + 4 }, shown({ text })),
        svg("text", { x: x[i] + 3, y: y[i] + 16, class: "share" }, probability < 0.005 ? "< 1 %" : percent(probability)),
      );
    }
    labels.push(group);
  });
  edges.sort((a, b) => a.classList.contains("best") - b.classList.contains("best"));
  const right = Math.max(...nodes.map((node, i) => x[i] + labelWidth(node, i))) + 10;
  const bottom = Math.max(...y) + 26;
  const words = best.map((i) => shown(nodes[i])).join(" ");
  const drawing = svg(
    "svg",
    {
      class: "tree",
      role: "img",
      "aria-label": `${nodes.length - 1} hypotheses as a tree; the best path is ${words}`,
      width: right,
      height: bottom,
      viewBox: `0 0 ${right} ${bottom}`,
    },
    ...edges,
    ...labels,
  );
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Tree of the beam" }, drawing);
}

const shown = ({ text }) => (text === "" ? "end" : text === " " ? "␣" : text);
const labelWidth = (node, i) => (i ? Math.max(24, 8 * [...shown(node)].length + 4) : 0);

/** Where the nodes of each depth begin: behind the longest label before it. */
function columns(nodes, depth) {
  const widths = [];
  nodes.forEach((node, i) => (widths[depth[i]] = Math.max(widths[depth[i]] ?? 0, labelWidth(node, i))));
  const starts = [14];
  widths.forEach((width, d) => (starts[d + 1] = starts[d] + width + GAP));
  return depth.map((d) => starts[d]);
}

/** The height of each node: leaves below one another, the best path first. */
function rows(children, best) {
  const y = [];
  let next = 18;
  const place = (i) => {
    const ordered = [...children[i]].sort((a, b) => best.has(b) - best.has(a));
    ordered.forEach(place);
    y[i] = ordered.length ? y[ordered[0]] : next;
    if (!ordered.length) next += ROW;
  };
  place(0);
  return y;
}
