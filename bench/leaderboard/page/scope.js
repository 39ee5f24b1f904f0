// What is chosen: which tasks (dataset and scenario) and which methods are compared. An empty list means all.
const SIZES = [["under 1,000 rows", 0, 1000], ["1,000 to 10,000 rows", 1000, 10000], ["10,000 rows and more", 10000, Infinity]];
const LEARNERS = { weak: "weakly supervised", supervised: "supervised", unsupervised: "unsupervised" };
const SEEN = { none: "no label", labels: "labelled anomalies", validation: "also validation labels" };

const sizeOf = (set) => SIZES.find(([, from, to]) => set.rows >= from && set.rows < to)[0];
const seenBy = (entry) => entry.validation ? SEEN.validation : entry.family === "unsupervised" ? SEEN.none : SEEN.labels;
const has = (list, value) => !list.length || list.includes(value);

function taskChosen(data, state, task) {
  const set = data.datasets[data.tasks.dataset[task]];
  const scenario = data.scenarios[data.tasks.scenario[task]];
  return scenario.split === state.split && has(state.labels, scenario.labels)
    && has(state.contamination, scenario.contamination) && has(state.collections, set.collection)
    && has(state.families, set.family) && has(state.sizes, sizeOf(set));
}

function entryChosen(state, entry) {
  return has(state.learners, LEARNERS[entry.family]) && has(state.seen, seenBy(entry)) && (state.allParameters || entry.asCard);
}

// The choice a page opens with: the split with most cells, and of it the labels and contamination with most.
function opening(data) {
  const state = { metric: data.metrics[0].name, split: "", labels: [], contamination: [], collections: [], families: [],
    sizes: [], learners: [], seen: [], allParameters: false };
  state.split = mostOf(counts(data, state, (scenario) => scenario.split));
  narrowed(data, state);
  return state;
}

// Cells by some property of their scenario, over those of methods as their cards say.
function counts(data, state, of, only = () => true) {
  const found = new Map();
  for (let cell = 0; cell < data.size; cell++) {
    const scenario = data.scenarios[data.tasks.scenario[data.columns.task[cell]]];
    if (!only(scenario) || !(state.allParameters || data.entries[data.columns.entry[cell]].asCard)) continue;
    found.set(of(scenario), (found.get(of(scenario)) || 0) + 1);
  }
  return found.size || state.allParameters ? found : counts(data, { ...state, allParameters: true }, of, only);
}

// The value with the highest count; of several the middle one.
function mostOf(found) {
  const most = Math.max(...found.values());
  const best = [...found].filter(([, count]) => count === most).map(([value]) => value);
  return best[Math.floor(best.length / 2)];
}

// One level of labels and contamination of the chosen split.
function narrowed(data, state) {
  const inSplit = (scenario) => scenario.split === state.split;
  state.labels = [mostOf(counts(data, state, (scenario) => scenario.labels, inSplit))];
  const both = (scenario) => inSplit(scenario) && state.labels.includes(scenario.labels);
  state.contamination = [mostOf(counts(data, state, (scenario) => scenario.contamination, both))];
}

const distinct = (list) => [...new Set(list)];

// The levels of labels or contamination of a split, from few to many.
function levels(data, split, name, by) {
  const scenarios = data.scenarios.filter((scenario) => scenario.split === split);
  const order = new Map(scenarios.map((scenario) => [scenario[name], by(scenario)]));
  return [...order].sort((a, b) => a[1] - b[1]).map(([value]) => value);
}
const labelLevels = (data, split) => levels(data, split, "labels", (s) => s.budget + (s.kind === "ratio" ? 0 : 1000));
const contaminationLevels = (data, split) => levels(data, split, "contamination", (s) => s.level ?? -1);
