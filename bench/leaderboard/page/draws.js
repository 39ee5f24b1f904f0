// Intervals by resampling, from a seeded stream: the same choice gives the same bounds.
const DRAWS = 300;

function stream(seed) { // mulberry32
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function bounds(draws) {
  const sorted = Float64Array.from(draws).sort();
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  return [at(0.025), at(0.975)];
}

// 95% of the mean over families with the seeds of each dataset drawn again, datasets fixed; null with one seed.
function meanBounds(found, entry) {
  if (found.seeds.size < 2) return null;
  const inFamily = new Map(), inSet = new Map(), random = stream(7);
  for (const set of found.sets) inFamily.set(found.data.datasets[set].family, (inFamily.get(found.data.datasets[set].family) || 0) + 1);
  for (const task of entry.runs.keys()) inSet.set(found.data.tasks.dataset[task], (inSet.get(found.data.tasks.dataset[task]) || 0) + 1);
  const runs = [...entry.runs].map(([task, values]) => {
    const set = found.data.tasks.dataset[task];
    return [values, 1 / (values.length * found.families.length * inFamily.get(found.data.datasets[set].family) * inSet.get(set))];
  });
  return bounds(Array.from({ length: DRAWS }, () => {
    let sum = 0;
    for (const [values, weight] of runs) {
      const n = values.length;
      for (let k = 0; k < n; k++) sum += weight * values[(random() * n) | 0];
    }
    return sum;
  }));
}

// 95% of each entry's Elo with the dataset families drawn again; null with fewer than three.
function eloBounds(found) {
  if (found.families.length < FEWEST || found.entries.length < 2) return null;
  const table = rankTable(found), random = stream(11);
  const draws = Array.from({ length: DRAWS / 3 }, () => {
    const weights = new Float64Array(table.length);
    for (let k = 0; k < table.length; k++) weights[(random() * table.length) | 0]++;
    return eloOf(table, found.entries.length, weights);
  });
  return found.entries.map((_, at) => bounds(draws.map((draw) => draw[at])));
}
