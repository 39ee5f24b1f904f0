// Quality against cost, and the win matrix.
const MOST_IN_MATRIX = 30;

function qualityAgainstCost(found) {
  const entries = found.entries.filter((entry) => entry.seconds > 0);
  if (entries.length < 2) return sentence("There are not two complete methods whose time is known.");
  const [W, H, L, R, T, B] = [640, 400, 52, 16, 12, 44];
  const logs = entries.map((entry) => Math.log10(entry.seconds)), means = entries.map((entry) => entry.mean);
  const x = scale(Math.min(...logs) - 0.15, Math.max(...logs) + 0.15, L, W - R);
  const pad = 0.05 * (Math.max(...means) - Math.min(...means) || 0.1);
  const y = scale(Math.min(...means) - pad, Math.max(...means) + pad, H - B, T);
  const parts = [segment(L, H - B, W - R, H - B), segment(L, T, L, H - B)];
  for (let power = Math.ceil(Math.min(...logs) - 0.15); power <= Math.max(...logs) + 0.15; power++) {
    parts.push(segment(x(power), T, x(power), H - B, { class: "grid" }), word(x(power), H - B + 16, secondsText(10 ** power), { "text-anchor": "middle" }));
  }
  for (const value of steps(Math.min(...means), Math.max(...means))) {
    parts.push(segment(L, y(value), W - R, y(value), { class: "grid" }), word(L - 6, y(value) + 4, String(value), { "text-anchor": "end" }));
  }
  parts.push(word((L + W - R) / 2, H - 6, "median time of a fit and its scores (log)", { "text-anchor": "middle", class: "title" }),
    word(14, (T + H - B) / 2, `mean ${metricTitle(found)}`, { "text-anchor": "middle", transform: `rotate(-90 14 ${(T + H - B) / 2})`, class: "title" }));
  const front = frontOf(entries);
  parts.push(shape("polyline", { class: "front", points: front.map((entry) => `${x(Math.log10(entry.seconds))},${y(entry.mean)}`).join(" ") }));
  for (const entry of entries) parts.push(mark(entry, x(Math.log10(entry.seconds)), y(entry.mean), { "data-tip": `${entry.label}: ${decimals(entry.mean)}, ${secondsText(entry.seconds)}` }));
  parts.push(...labelled(entries.filter((entry) => entry.highlight || front.includes(entry)), x, y, W));
  return picture(W, H, "Quality against cost", parts);
}

// Entries that no other beats in both mean and time, from fast to slow.
function frontOf(entries) {
  let best = -Infinity;
  return [...entries].sort((a, b) => a.seconds - b.seconds || b.mean - a.mean).filter((entry) => entry.mean > best && (best = entry.mean, true));
}

function labelled(entries, x, y, width) { // names beside marks, moved down until none overlaps
  const taken = [];
  return [...entries].sort((a, b) => b.mean - a.mean).map((entry) => {
    const text = shorter(entry.label, 24), wide = 6.2 * text.length, px = x(Math.log10(entry.seconds));
    const left = px + 9 + wide > width;
    const from = left ? px - 9 - wide : px + 9;
    let py = y(entry.mean) + 4;
    while (taken.some(([a, b, c]) => Math.abs(c - py) < 12 && from < b && a < from + wide)) py += 12;
    taken.push([from, from + wide, py]);
    return word(left ? px - 9 : px + 9, py, text, { "text-anchor": left ? "end" : "start", class: "name" });
  });
}

function winMatrix(found) {
  const entries = found.entries.slice(0, MOST_IN_MATRIX);
  if (entries.length < 2) return sentence("There are not two complete methods to set against each other.");
  const size = Math.max(18, Math.min(34, 560 / entries.length)), left = 150, top = 118;
  const parts = [];
  entries.forEach((a, i) => {
    parts.push(word(left - 6, top + size * (i + 0.5) + 4, shorter(a.label, 22), { "text-anchor": "end" }));
    const cx = left + size * (i + 0.5);
    parts.push(word(cx, top - 6, shorter(a.label, 18), { transform: `rotate(-50 ${cx} ${top - 6})` }));
    entries.forEach((b, j) => {
      if (i === j) return;
      const share = beats(a, b);
      parts.push(shape("rect", { x: left + size * j, y: top + size * i, width: size - 1, height: size - 1, class: share >= 0.5 ? "won" : "lost",
        "fill-opacity": 0.06 + 1.5 * Math.abs(share - 0.5), "data-tip": `${a.label} is higher than ${b.label} in ${Math.round(100 * share)}% of ${found.families.length} families` }));
      parts.push(word(left + size * (j + 0.5) - 0.5, top + size * (i + 0.5) + 4, Math.round(100 * share), { "text-anchor": "middle", class: "cell" }));
    });
  });
  const cut = found.entries.length - entries.length;
  const drawn = picture(left + size * entries.length + 66, top + size * entries.length + 6, "Win matrix", parts);
  return cut ? html("div", {}, [drawn, sentence(`${plural(cut, "method")} of lower rank ${cut === 1 ? "is" : "are"} left out of the picture.`)]) : drawn;
}

const metricTitle = (found) => {
  const title = found.data.metrics.find((metric) => metric.name === found.state.metric).title;
  return title[1] === title[1].toUpperCase() ? title : title[0].toLowerCase() + title.slice(1);
};
