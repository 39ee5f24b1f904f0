// What can be compared in a choice. Expected are the datasets and seeds that more than half of the chosen methods were
// asked for; a method that lacks one of them is listed apart and takes no dataset from the others. Seeds are averaged,
// then scenarios, then datasets, so that a family of near duplicates counts once.
const DIGITS = 1e10;
const rounded = (value) => Math.round(value * DIGITS) / DIGITS;

function compared(data, state, only = null) {
  const { task: tasks, entry: entries, seed, status } = data.columns;
  const values = data.values[state.metric];
  const taskOk = data.tasks.dataset.map((set, task) => taskChosen(data, state, task) && (!only || only.has(set)));
  const entryOk = data.entries.map((entry) => entryChosen(state, entry));
  const measured = new Set();
  for (let cell = 0; cell < data.size; cell++) if (taskOk[tasks[cell]] && !Number.isNaN(values[cell])) measured.add(tasks[cell]);
  const cells = new Map(); // "task seed" -> Map(entry -> cell)
  for (let cell = 0; cell < data.size; cell++) {
    if (!taskOk[tasks[cell]] || !entryOk[entries[cell]] || !measured.has(tasks[cell])) continue;
    const key = tasks[cell] * 4294967296 + seed[cell];
    if (!cells.has(key)) cells.set(key, new Map());
    cells.get(key).set(entries[cell], cell);
  }
  const { expected, beside } = asked(data, cells);
  const units = unitsOf(data, expected);
  const present = new Set([...expected, ...beside].flatMap(([, own]) => [...own.keys()]));
  const complete = [], below = [];
  for (const number of present) {
    const good = expected.filter(([, own]) => own.has(number) && status[own.get(number)] === 0 && !Number.isNaN(values[own.get(number)]));
    const entry = entryOf(data, number, good.map(([, own]) => own.get(number)), expected.length);
    if (expected.length && good.length === expected.length) complete.push({ ...entry, ...averages(data, units, number, values) });
    else below.push({ ...entry, mean: meanOf(entry.cells.map((cell) => values[cell])) });
  }
  named([...complete, ...below]);
  return { ...units, entries: complete, below, expected, besides: beside.length, data, state };
}

// The (task, seed) pairs that more than half of the methods have a row for, and the others.
function asked(data, cells) {
  const methods = (own) => new Set([...own.keys()].map((number) => data.entries[number].methodNumber));
  const all = new Set([...cells.values()].flatMap((own) => [...methods(own)]));
  const sorted = [...cells].sort((a, b) => a[0] - b[0]);
  return { expected: sorted.filter(([, own]) => 2 * methods(own).size > all.size), beside: sorted.filter(([, own]) => 2 * methods(own).size <= all.size) };
}

function unitsOf(data, expected) {
  const tasks = new Map(); // task -> its pairs
  for (const pair of expected) {
    const task = Math.floor(pair[0] / 4294967296);
    if (!tasks.has(task)) tasks.set(task, []);
    tasks.get(task).push(pair[1]);
  }
  const sets = distinct([...tasks.keys()].map((task) => data.tasks.dataset[task]));
  const families = distinct(sets.map((set) => data.datasets[set].family));
  const seeds = new Set(expected.map(([key]) => key % 4294967296));
  return { tasks, sets, families, seeds };
}

function entryOf(data, number, cells, wanted) {
  const seconds = cells.map((cell) => data.columns.fit[cell] + data.columns.score[cell]).filter((value) => value >= 0);
  return { ...data.entries[number], number, cells, wanted, missing: wanted ? 1 - cells.length / wanted : 1, seconds: medianOf(seconds) };
}

function averages(data, { tasks, sets, families }, number, values) {
  const runs = new Map([...tasks].map(([task, pairs]) => [task, Float64Array.from(pairs, (own) => values[own.get(number)])]));
  const bySet = new Map(sets.map((set) => [set, []]));
  for (const [task, some] of runs) bySet.get(data.tasks.dataset[task]).push(meanOf(some));
  const set = new Map([...bySet].map(([name, means]) => [name, meanOf(means)]));
  const means = new Map(families.map((family) => [family, []]));
  for (const [name, mean] of set) means.get(data.datasets[name].family).push(mean);
  const byFamily = Float64Array.from(means.values(), (some) => rounded(meanOf(some)));
  return { runs, set, byFamily, mean: meanOf(byFamily) };
}

// Two entries of one name are told apart by the code that made them.
function named(entries) {
  const twice = new Set(entries.map((e) => e.name).filter((name, at, all) => all.indexOf(name) !== at));
  for (const entry of entries) entry.label = twice.has(entry.name) ? `${entry.name} (${entry.today ? "today's code" : entry.code})` : entry.name;
}

function meanOf(list) {
  let sum = 0;
  for (const value of list) sum += value;
  return list.length ? sum / list.length : NaN;
}

function medianOf(list) {
  if (!list.length) return NaN;
  const sorted = Float64Array.from(list).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
