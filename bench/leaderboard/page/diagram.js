// The critical-difference diagram: methods on a scale of average ranks, bars over those that cannot be told apart.
function criticalDifference(found, verdict) {
  const entries = found.entries, n = entries.length;
  if (n < 2) return sentence("There are not two complete methods to rank.");
  const bars = verdict.claims ? cliques(apartOf(verdict, n)) : [];
  const [W, side, scaleY] = [720, 190, 34];
  const low = Math.floor(entries[0].rank), high = Math.max(low + 1, Math.ceil(entries[n - 1].rank));
  const x = scale(low, high, side, W - side);
  const parts = [segment(side, scaleY, W - side, scaleY), word(W / 2, 11, "average rank over dataset families (1 is best)", { "text-anchor": "middle", class: "title" })];
  for (const tick of steps(low, high, 8)) parts.push(segment(x(tick), scaleY - 5, x(tick), scaleY), word(x(tick), scaleY - 8, tick, { "text-anchor": "middle" }));
  bars.forEach(([first, last], at) => parts.push(segment(x(entries[first].rank) - 3, scaleY + 8 + 6 * at, x(entries[last].rank) + 3, scaleY + 8 + 6 * at, { class: "bar" })));
  const top = scaleY + 6 * bars.length + 24, half = Math.ceil(n / 2);
  entries.forEach((entry, at) => {
    const left = at < half, y = top + 17 * (left ? at : n - 1 - at), end = left ? side - 14 : W - side + 14;
    parts.push(shape("polyline", { class: "lead", points: `${x(entry.rank)},${scaleY} ${x(entry.rank)},${y} ${end},${y}` }), mark(entry, end, y, { "data-tip": `${entry.label}: ${decimals(entry.rank, 2)}` }));
    parts.push(word(left ? end - 9 : end + 9, y + 4, left ? `${shorter(entry.label)} ${decimals(entry.rank, 2)}` : `${decimals(entry.rank, 2)} ${shorter(entry.label)}`, { "text-anchor": left ? "end" : "start", class: "name" }));
  });
  const drawn = picture(W, top + 17 * half, "Critical-difference diagram", parts);
  const why = verdict.claims ? (bars.length ? "" : "Every pair is told apart.") : `No bars: ${verdict.why}.`;
  return why ? html("div", {}, [drawn, sentence(why)]) : drawn;
}

// First and last of every longest run of neighbours of whom no two are apart.
function cliques(apart) {
  const found = [];
  for (let first = 0; first < apart.length; first++) {
    let last = first;
    while (last + 1 < apart.length && !apart.slice(first, last + 1).some((row) => row[last + 1])) last++;
    if (last > first && (!found.length || last > found[found.length - 1][1])) found.push([first, last]);
  }
  return found;
}
