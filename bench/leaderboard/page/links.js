// An address that names a cell, as a run's page links to it: #cell=KEY shows it with the other seeds of its method there,
// #cells=KEY in every scenario of its split; &metric=NAME may follow. KEY is the beginning of a cell's key.
function wantedCell(data, hash) {
  const told = /^#(cells?)=([0-9a-zA-Z]+)(?:&metric=(\w+))?$/.exec(hash);
  if (!told) return null;
  const [, what, key, metric] = told, short = key.slice(0, data.keyLetters);
  let cell = 0;
  while (cell < data.size && !keyOf(data, cell).startsWith(short)) cell++;
  return { key, cell: cell < data.size ? cell : -1, everywhere: what === "cells", metric };
}

const scenarioOf = (data, cell) => data.scenarios[data.tasks.scenario[data.columns.task[cell]]];

// The choice in which such a cell stands.
function choiceOf(data, { cell, everywhere, metric }) {
  const state = opening(data);
  if (data.metrics.some((known) => known.name === metric)) state.metric = metric;
  if (cell < 0) return state;
  const scenario = scenarioOf(data, cell);
  state.split = scenario.split;
  state.labels = everywhere ? [] : [scenario.labels];
  state.contamination = everywhere ? [] : [scenario.contamination];
  state.allParameters = !data.entries[data.columns.entry[cell]].asCard;
  return state;
}

// Its seeds, whether they are ranked or not.
function showWanted(data, found, { key, cell, everywhere }) {
  if (cell < 0) return showPanel(`Cell ${key}`, [html("p", {}, ["This page does not show this cell. What was left out of it, and why, stands at its end."])]);
  const { task, entry } = data.columns, sets = data.tasks.dataset, scenario = scenarioOf(data, cell);
  const beside = (other) => everywhere
    ? sets[task[other]] === sets[task[cell]] && scenarioOf(data, other).split === scenario.split && scenarioOf(data, other).known === scenario.known
    : task[other] === task[cell];
  const cells = [...Array(data.size).keys()].filter((other) => entry[other] === entry[cell] && beside(other));
  const listed = [...found.entries, ...found.below].find((known) => known.number === entry[cell]);
  showRuns(data, found.state, listed ? listed.label : data.entries[entry[cell]].name, data.datasets[sets[task[cell]]], cells);
}
