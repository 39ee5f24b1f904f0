// The sentence on top, the ranking and what is not ranked.
const COLUMNS = [
  ["Method", (e) => e.label, "up"], ["Mean rank", (e) => e.rank, "up"], ["Mean", (e) => e.mean, "down"], ["Wins", (e) => e.wins, "down"],
  ["Elo", (e) => e.elo, "down"], ["Improvable", (e) => e.improvable, "up"], ["Missing", (e) => e.missing, "up"], ["Time", (e) => e.seconds, "up"],
  ["Learns", (e) => LEARNERS[e.family], "up"], ["Sees", seenBy, "up"],
];

const plural = (n, thing, many = `${thing}s`) => `${n.toLocaleString("en")} ${n === 1 ? thing : many}`;

function headline(found, verdict) {
  const box = document.getElementById("headline");
  if (!found.entries.length) return box.replaceChildren(html("p", {}, ["No method has every cell of this choice, so nothing is ranked. Choose fewer labels, levels or datasets."]));
  const best = found.entries[0], n = found.entries.length;
  const tied = verdict.claims ? apartOf(verdict, n)[0].map((apart, at) => at && !apart ? found.entries[at].label : "").filter(Boolean) : [];
  const sure = verdict.claims
    ? tied.length ? ` It cannot be told apart from ${listed(tied)}.` : " It is told apart from every other method."
    : n > 1 ? ` No pair is told apart: ${verdict.why}.` : "";
  box.replaceChildren(
    html("p", { class: "lead-text" }, [html("strong", {}, [best.label]), ` has the best mean rank (${decimals(best.rank, 2)} of ${n}) with a mean ${metricTitle(found)} of ${decimals(best.mean)}.${sure}`]),
    html("p", { class: "note" }, [`${plural(n, "method")} on ${plural(found.sets.length, "dataset")} in ${plural(found.families.length, "family", "families")}, ${plural(found.seeds.size, "seed")}: ${choiceText(found.state)}.` +
      (found.besides ? ` ${plural(found.besides, "run")} that not even half of the methods have ${found.besides === 1 ? "is" : "are"} not counted.` : "")]));
}

const choiceText = (state) => `${state.split}; labels ${state.labels.join(", ") || "of every level"}; contamination ${state.contamination.join(", ") || "of every level"}` +
  [...state.collections, ...state.sizes, ...state.learners, ...state.seen].map((word) => `; ${word}`).join("") + (state.families.length ? `; ${plural(state.families.length, "family", "families")}` : "");
const listed = (names, most = 5) => names.length > most ? `${names.slice(0, most).join(", ")} and ${names.length - most} more` : names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}` : names[0];

let sorting = { column: 1, down: false };

function drawBoard(found) {
  const [, of] = COLUMNS[sorting.column];
  const entries = [...found.entries].sort((a, b) => compareValues(of(a), of(b)) * (sorting.down ? -1 : 1));
  const heads = COLUMNS.map(([name, , first], at) => {
    const active = at === sorting.column;
    const button = html("button", { type: "button" }, [name]);
    button.onclick = () => { sorting = { column: at, down: active ? !sorting.down : first === "down" }; drawBoard(found); };
    return html("th", { scope: "col", "aria-sort": active ? (sorting.down ? "descending" : "ascending") : null }, [button]);
  });
  const best = { mean: Math.max(...entries.map((e) => e.mean)), rank: Math.min(...entries.map((e) => e.rank)) };
  document.getElementById("board").replaceChildren(html("thead", {}, [html("tr", {}, heads)]), html("tbody", {}, entries.map((entry) => boardRow(entry, best))));
  drawBelow(found);
}

function boardRow(entry, best) {
  const cell = (text, more = {}) => html("td", more, [text]);
  const between = (pair, digits) => pair ? html("small", {}, [` ${decimals(pair[0], digits)}–${decimals(pair[1], digits)}`]) : "";
  return html("tr", { class: entry.highlight ? "ours" : "" }, [
    html("th", { scope: "row" }, [methodButton(entry)]), cell(decimals(entry.rank, 2), { class: entry.rank === best.rank ? "best" : "" }),
    html("td", { class: entry.mean === best.mean ? "best" : "" }, [decimals(entry.mean), between(entry.meanBounds, 3)]), cell(String(entry.wins)),
    html("td", {}, [decimals(entry.elo, 0), between(entry.eloBounds, 0)]), cell(`${decimals(100 * entry.improvable, 1)}%`), cell(`${decimals(100 * entry.missing, 0)}%`), cell(secondsText(entry.seconds)),
    cell(LEARNERS[entry.family]), cell(seenBy(entry)),
  ]);
}

function methodButton(entry) {
  const dot = shape("svg", { viewBox: "-6 -6 12 12", class: "dot", "aria-hidden": "true" }, [shape("path", { d: MARKS[entry.marker] || MARKS.o, fill: entry.colour })]);
  return html("button", { type: "button", class: "link", "data-entry": entry.number }, [dot, entry.label]);
}

function drawBelow(found) {
  const box = document.getElementById("below");
  if (!found.below.length) return box.replaceChildren();
  const rows = [...found.below].sort((a, b) => a.missing - b.missing || compareValues(a.label, b.label)).map((entry) => html("tr", {}, [
    html("th", { scope: "row" }, [methodButton(entry)]), html("td", {}, [LEARNERS[entry.family]]), html("td", {}, [`${entry.cells.length.toLocaleString("en")} of ${entry.wanted.toLocaleString("en")}`]),
    html("td", {}, [decimals(entry.mean)]), html("td", {}, [secondsText(entry.seconds)])]));
  box.replaceChildren(html("h3", {}, ["Not ranked: some cells are missing"]),
    html("p", { class: "note" }, ["Their means are over what they have, so they cannot be compared with those above. They take no dataset away from the others."]),
    html("div", { class: "wide" }, [html("table", {}, [html("thead", {}, [html("tr", {}, ["Method", "Learns", "Cells", "Mean of these", "Time"].map((name) => html("th", { scope: "col" }, [name])))]), html("tbody", {}, rows)])]));
}

const compareValues = (a, b) => typeof a === "string" ? a.localeCompare(b) : (Number.isNaN(a) ? Infinity : a) - (Number.isNaN(b) ? Infinity : b);
