// What opens on a click: a method's card, or the seeds of a method on a dataset with the lines that repeat them.
function showPanel(title, content) {
  const panel = document.getElementById("panel");
  const close = html("button", { type: "button", class: "plain close", "aria-label": "Close" }, ["Close"]);
  close.onclick = () => panel.close();
  panel.replaceChildren(html("header", {}, [html("h2", {}, [title]), close]), ...content.flat());
  if (!panel.open) panel.showModal();
  panel.scrollTop = 0;
}

const facts = (pairs) => html("dl", {}, pairs.filter(([, value]) => value !== "" && value != null).flatMap(([name, value]) => [html("dt", {}, [name]), html("dd", {}, [value].flat())]));

function showMethod(found, number) {
  const entry = [...found.entries, ...found.below].find((one) => one.number === number);
  const card = entry.card;
  const told = [
    ["Name", entry.method], ["Learns", LEARNERS[entry.family]], ["Sees", seenBy(entry)], ["Year", card && String(card.year || "")], ["From", card && card.citation],
    ["Deviations", card ? card.deviations : "This method has no card here: it comes from another package or is registered no more."],
    ["Protocols", card && card.protocols.join(", ")], ["Parameters", entry.asCard ? "as its class and card have them" : entry.params],
    ["Code", entry.today ? `today's (${entry.code})` : `${entry.code}, not that of the version that made this page`],
  ];
  const blocks = [facts(told)];
  if (entry.set) {
    const gaps = found.sets.map((set) => ({ set, value: entry.set.get(set), behind: Math.max(...found.entries.map((other) => other.set.get(set))) - entry.set.get(set) })).sort((a, b) => a.behind - b.behind);
    const few = Math.min(5, Math.ceil(gaps.length / 2));
    blocks.push(gapTable(found, entry, "Best sets, by the distance to the best method there", gaps.slice(0, few)), gapTable(found, entry, "Worst sets", gaps.slice(-few).reverse()));
  } else {
    const missing = found.expected.filter(([, own]) => !own.has(number) || found.data.columns.status[own.get(number)] !== 0);
    const failed = missing.filter(([, own]) => own.has(number));
    blocks.push(html("p", {}, [`Of ${entry.wanted.toLocaleString("en")} cells ${missing.length.toLocaleString("en")} are missing: ${(missing.length - failed.length).toLocaleString("en")} were not run, ${failed.length.toLocaleString("en")} ended without a result.`]));
    if (failed.length) blocks.push(runTable(found.data, failed.map(([, own]) => own.get(number)).slice(0, 20), found.state.metric));
  }
  showPanel(entry.label, blocks);
}

function gapTable(found, entry, title, gaps) {
  const rows = gaps.map(({ set, value, behind }) => html("tr", {}, [html("th", { scope: "row" }, [html("button", { type: "button", class: "link", "data-entry": entry.number, "data-set": set }, [found.data.datasets[set].name])]), html("td", {}, [decimals(value)]), html("td", {}, [behind > 0 ? `−${decimals(behind)}` : "best"])]));
  return html("section", {}, [html("h3", {}, [title]), html("table", {}, [html("tbody", {}, rows)])]);
}

function showCell(found, number, set) {
  const data = found.data, entry = [...found.entries, ...found.below].find((one) => one.number === number);
  const cells = found.expected.filter(([, own]) => own.has(number)).map(([, own]) => own.get(number)).filter((cell) => data.tasks.dataset[data.columns.task[cell]] === set);
  showRuns(data, found.state, entry.label, data.datasets[set], cells);
}

function showRuns(data, state, label, known, cells) {
  const first = cells[0];
  const blocks = [facts([
    ["Method", label], ["Data", `${known.rows.toLocaleString("en")} rows, ${known.features} features, ${known.anomalies.toLocaleString("en")} anomalies; ${known.collection}, family ${known.family}; sha256 ${known.sha}…${known.synthetic ? "; synthetic" : ""}`],
    ["Split", `${state.split}: ${data.columns.train[first].toLocaleString("en")} training rows, ${data.columns.labelled[first]} of them labelled anomalies, ${data.columns.test[first].toLocaleString("en")} test rows`],
  ]), runTable(data, cells, state.metric)];
  showPanel(`${label} on ${known.name}`, blocks);
}

function runTable(data, cells, metric) {
  const several = new Set(cells.map((cell) => data.columns.task[cell])).size > 1;
  const rows = cells.flatMap((cell) => {
    const ok = data.columns.status[cell] === 0, scenario = data.scenarios[data.tasks.scenario[data.columns.task[cell]]];
    const what = several ? `${data.datasets[data.tasks.dataset[data.columns.task[cell]]].name}, labels ${scenario.labels}, contamination ${scenario.contamination}${scenario.known ? `, known ${scenario.known}` : ""}` : scenario.known ? `known ${scenario.known}` : "";
    const line = `mnp-bench rerun ${quoted(data.sources[data.columns.source[cell]].path)} ${keyOf(data, cell)} --verify`;
    return [
      html("tr", {}, [html("th", { scope: "row" }, [`seed ${data.columns.seed[cell]}`]), html("td", {}, [ok ? decimals(data.values[metric][cell], 4) : data.statuses[data.columns.status[cell]]]), html("td", {}, [secondsText(data.columns.fit[cell])]), html("td", {}, [secondsText(data.columns.score[cell])]), html("td", {}, [Number.isNaN(data.columns.memory[cell]) ? "–" : `${Math.round(data.columns.memory[cell])} MB`])]),
      html("tr", { class: "line" }, [html("td", { colspan: 5 }, [what ? html("div", { class: "note" }, [what]) : "", ok ? "" : html("div", { class: "failed" }, [data.reasons[data.columns.reason[cell]] || "no reason was recorded"]), html("code", {}, [line]), copier(line)])]),
    ];
  });
  return html("div", { class: "wide" }, [html("table", { class: "runs" }, [html("thead", {}, [html("tr", {}, ["Run", "Value", "Fit", "Scores", "Memory"].map((name) => html("th", { scope: "col" }, [name])))]), html("tbody", {}, rows)])]);
}

function copier(text) {
  const button = html("button", { type: "button", class: "plain" }, ["Copy"]);
  button.onclick = async () => { await navigator.clipboard.writeText(text); button.textContent = "Copied"; };
  return navigator.clipboard ? button : "";
}

const quoted = (path) => /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'"'"'`)}'`;
