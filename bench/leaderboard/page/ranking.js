// Ranks, wins and improvability over the dataset families, from what compared() gives.
function ranksOf(values) { // 1 is the highest; ties share their mean rank
  const order = [...values.keys()].sort((a, b) => values[b] - values[a]);
  const ranks = new Float64Array(values.length);
  for (let first = 0; first < order.length;) {
    let last = first;
    while (last + 1 < order.length && values[order[last + 1]] === values[order[first]]) last++;
    for (let at = first; at <= last; at++) ranks[order[at]] = (first + last) / 2 + 1;
    first = last + 1;
  }
  return ranks;
}

// Per family the ranks of all entries.
function rankTable(found) {
  return found.families.map((_, unit) => ranksOf(found.entries.map((entry) => entry.byFamily[unit])));
}

// How much of a method's error (1 - value) the best method of each family would take away, on average.
function improvability(found, entry) {
  return meanOf(found.families.map((_, unit) => {
    const best = Math.max(...found.entries.map((other) => other.byFamily[unit]));
    const error = 1 - entry.byFamily[unit];
    return error > 0 ? 1 - (1 - best) / error : 0;
  }));
}

function ranked(found) {
  const table = rankTable(found);
  found.entries.forEach((entry, at) => {
    entry.rank = meanOf(table.map((ranks) => ranks[at]));
    entry.wins = found.families.filter((_, unit) => found.entries.every((other) => other.byFamily[unit] <= entry.byFamily[unit])).length;
    entry.improvable = improvability(found, entry);
  });
  const elo = eloOf(table, found.entries.length);
  found.entries.forEach((entry, at) => { entry.elo = elo[at]; });
  found.entries.sort((a, b) => a.rank - b.rank || b.mean - a.mean);
  return found;
}

// The share of families in which one entry beats another, ties half.
function beats(a, b) {
  let won = 0;
  for (let unit = 0; unit < a.byFamily.length; unit++) won += a.byFamily[unit] > b.byFamily[unit] ? 1 : a.byFamily[unit] === b.byFamily[unit] ? 0.5 : 0;
  return won / a.byFamily.length;
}
