// What the reader chooses: every group of chips is a list in the state; none pressed means all.
function drawFilters(data, state, changed) {
  const box = document.getElementById("filters");
  const sets = data.datasets, inSplit = new Set(data.tasks.scenario.map((s, task) => data.scenarios[s].split === state.split ? data.tasks.dataset[task] : -1));
  const present = sets.filter((_, at) => inSplit.has(at));
  const open = new Set([...box.querySelectorAll("details[open]")].map((one) => one.dataset.name));
  box.replaceChildren(
    menu("Metric", "metric", data.metrics.map((m) => [m.name, m.title]), state, changed),
    menu("Split", "split", [...counts(data, { allParameters: true }, (s) => s.split)].sort((a, b) => b[1] - a[1]).map(([value]) => [value, value]), state, () => { narrowed(data, state); changed(); }),
    chips("Labelled anomalies", "labels", labelLevels(data, state.split), state, changed),
    chips("Contamination", "contamination", contaminationLevels(data, state.split), state, changed),
    chips("Collection", "collections", distinct(present.map((s) => s.collection)), state, changed),
    chips("Size of data", "sizes", SIZES.map(([name]) => name).filter((name) => present.some((s) => sizeOf(s) === name)), state, changed),
    chips("Methods learn", "learners", Object.values(LEARNERS).filter((name) => data.entries.some((e) => LEARNERS[e.family] === name)), state, changed),
    chips("Methods see", "seen", Object.values(SEEN).filter((name) => data.entries.some((e) => seenBy(e) === name)), state, changed),
    data.entries.every((e) => e.asCard) ? "" : chips("Parameters", "allParameters", ["other than the card's too"], state, changed),
    folded("Dataset families", "families", distinct(present.map((s) => s.family)).sort(), state, changed, open),
    html("button", { type: "button", class: "plain", id: "reset" }, ["Start again"]),
  );
  box.querySelector("#reset").onclick = () => { Object.assign(state, opening(data)); changed(); };
}

function menu(title, name, options, state, changed) {
  const select = html("select", { "aria-label": title }, options.map(([value, text]) => html("option", { value, selected: state[name] === value && "" }, [text])));
  select.onchange = () => { state[name] = select.value; changed(); };
  return html("label", { class: "group" }, [html("span", {}, [title]), select]);
}

function chips(title, name, values, state, changed) {
  const flag = typeof state[name] === "boolean";
  const buttons = values.map((value) => {
    const pressed = flag ? state[name] : state[name].includes(value);
    const button = html("button", { type: "button", "aria-pressed": String(pressed), "data-chip": name }, [value]);
    button.onclick = () => {
      state[name] = flag ? !pressed : pressed ? state[name].filter((other) => other !== value) : [...state[name], value];
      changed();
    };
    return button;
  });
  return html("div", { class: "group", role: "group", "aria-label": title }, [html("span", {}, [title]), html("div", { class: "chips" }, buttons)]);
}

function folded(title, name, values, state, changed, open) {
  const told = state[name].length ? `${state[name].length} of ${values.length}` : `all ${values.length}`;
  return html("details", { class: "group", "data-name": name, open: open.has(name) && "" }, [html("summary", {}, [`${title}: ${told}`]), chips("", name, values, state, changed)]);
}

// The choice as the page's address holds it, so that a link shows what its sender saw.
const toHash = (state) => "#" + encodeURIComponent(JSON.stringify(state));

function fromHash(data, state) {
  try {
    const told = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    for (const name of Object.keys(state)) if (typeof told[name] === typeof state[name] && Array.isArray(told[name]) === Array.isArray(state[name])) state[name] = told[name];
  } catch { return; } // not an address of ours: the opening choice stays
  if (!data.metrics.some((metric) => metric.name === state.metric)) state.metric = data.metrics[0].name;
  if (!data.scenarios.some((scenario) => scenario.split === state.split)) Object.assign(state, opening(data));
}
