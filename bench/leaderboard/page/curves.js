// Means over labels or over contamination, everything else as chosen, on the datasets that every level has.
const MOST_LINES = 10;

function curve(data, state, axis) {
  const of = axis === "labels" ? labelLevels : contaminationLevels;
  const kinds = new Map(data.scenarios.filter((s) => s.split === state.split).map((s) => [s.labels, s.kind]));
  const chosenKind = kinds.get(state.labels[0]) ?? [...kinds.values()][0];
  const all = of(data, state.split).filter((level) => axis !== "labels" || kinds.get(level) === chosenKind);
  const points = all.map((level) => ({ level, state: { ...state, [axis]: [level] } }))
    .map((point) => ({ ...point, found: compared(data, point.state) })).filter((point) => point.found.entries.length);
  const what = axis === "labels" ? "labels" : "contamination";
  if (points.length < 2) return sentence(`This choice holds one level of ${what} only.`);
  const common = points.map((point) => new Set(point.found.sets)).reduce((a, b) => new Set([...a].filter((set) => b.has(set))));
  if (!common.size) return sentence(`No dataset has been run at every level of ${what}.`);
  for (const point of points) point.found = compared(data, point.state, common);
  return drawnCurve(points, axis, common.size);
}

function drawnCurve(points, axis, sets) {
  const lines = new Map();
  points.forEach((point, at) => point.found.entries.forEach((entry) => {
    if (!lines.has(entry.number)) lines.set(entry.number, { entry, at: [] });
    lines.get(entry.number).at.push([at, entry.mean]);
  }));
  const order = [...lines.values()].filter((line) => line.at.length > 1).sort((a, b) => meanOf(b.at.map((p) => p[1])) - meanOf(a.at.map((p) => p[1])));
  const shown = order.filter((line, at) => at < MOST_LINES || line.entry.highlight);
  if (!shown.length) return sentence("No method is complete at two levels.");
  const [W, H, L, R, T, B] = [640, 360, 52, 180, 12, 44];
  const values = shown.flatMap((line) => line.at.map((p) => p[1]));
  const x = scale(0, points.length - 1, L + 12, W - R - 12), y = scale(Math.min(...values), Math.max(...values), H - B - 8, T + 8);
  const parts = [segment(L, H - B, W - R, H - B), segment(L, T, L, H - B)];
  points.forEach((point, at) => parts.push(word(x(at), H - B + 16, point.level, { "text-anchor": "middle" })));
  for (const value of steps(Math.min(...values), Math.max(...values))) parts.push(segment(L, y(value), W - R, y(value), { class: "grid" }), word(L - 6, y(value) + 4, String(value), { "text-anchor": "end" }));
  parts.push(word((L + W - R) / 2, H - 6, axis === "labels" ? "labelled anomalies in training" : "anomalies among the unlabelled rows", { "text-anchor": "middle", class: "title" }));
  const spots = spread(shown.map((line) => y(line.at[line.at.length - 1][1])), 14, T + 6, H - B);
  shown.forEach((line, n) => {
    parts.push(shape("polyline", { class: line.entry.highlight ? "line strong" : "line", stroke: line.entry.colour, points: line.at.map(([at, mean]) => `${x(at)},${y(mean)}`).join(" ") }));
    line.at.forEach(([at, mean]) => parts.push(mark(line.entry, x(at), y(mean), { "data-tip": `${line.entry.label} at ${points[at].level}: ${decimals(mean)}` })));
    const [lastAt, lastMean] = line.at[line.at.length - 1];
    parts.push(segment(x(lastAt) + 6, y(lastMean), W - R + 16, spots[n], { class: "lead" }), word(W - R + 20, spots[n] + 4, shorter(line.entry.label, 24), { class: "name" }));
  });
  const cut = order.length - shown.length;
  return html("div", {}, [picture(W, H, `Curves over ${axis}`, parts), sentence(`Over ${plural(sets, "dataset")} that every level has.${cut ? ` ${plural(cut, "method")} of lower mean ${cut === 1 ? "is" : "are"} not drawn.` : ""}`)]);
}

// Heights moved apart so that names do not overlap, in their order.
function spread(wanted, gap, low, high) {
  const order = [...wanted.keys()].sort((a, b) => wanted[a] - wanted[b]), at = new Array(wanted.length);
  let next = low;
  for (const n of order) { at[n] = Math.max(next, wanted[n]); next = at[n] + gap; }
  let last = high;
  for (const n of order.reverse()) { at[n] = Math.min(at[n], last); last = at[n] - gap; }
  return at;
}
