// Friedman and Wilcoxon-Holm over the dataset families, as bench.report.statistics has them from scipy: a test holds
// both against each other. Ties between two methods are split between the signs ("zsplit").
const ALPHA = 0.05, FEWEST = 3, EXACT = 50, ENUMERATED = 13;

// Differences -> { p, direction }; exact where scipy's is, else by the normal approximation.
function wilcoxon(differences) {
  const n = differences.length;
  const ranks = ranksOf(differences.map((d) => -Math.abs(d)));
  let plus = 0, signed = 0, zeros = 0, zeroRanks = 0;
  differences.forEach((d, at) => {
    signed += Math.sign(d) * ranks[at];
    if (d > 0) plus += ranks[at];
    if (d === 0) { zeros++; plus += ranks[at] / 2; zeroRanks += ranks[at]; }
  });
  const ties = tieSum(ranks);
  const exact = n <= EXACT && (ties === 0 && zeros === 0 || n <= ENUMERATED);
  const p = zeros === n ? 1 : exact ? signFlips(ranks, differences, plus, zeroRanks) : normal(plus, n, ties);
  return { p, direction: Math.sign(signed) };
}

function tieSum(ranks) {
  const groups = new Map();
  for (const rank of ranks) groups.set(rank, (groups.get(rank) || 0) + 1);
  return [...groups.values()].reduce((sum, t) => sum + t ** 3 - t, 0);
}

function normal(plus, n, ties) {
  const se = Math.sqrt((n * (n + 1) * (2 * n + 1) - ties / 2) / 24);
  return se ? erfc(Math.abs(plus - n * (n + 1) / 4) / se / Math.SQRT2) : 1;
}

// The chance under all flips of signs: a count of the ways to each sum of (doubled) ranks.
function signFlips(ranks, differences, plus, zeroRanks) {
  const steps = [...ranks].filter((_, at) => differences[at] !== 0).map((rank) => Math.round(2 * rank));
  const ways = new Float64Array(steps.reduce((a, b) => a + b, 0) + 1);
  ways[0] = 1;
  let top = 0;
  for (const step of steps) {
    for (let sum = top; sum >= 0; sum--) ways[sum + step] += ways[sum];
    top += step;
  }
  const seen = Math.round(2 * plus - zeroRanks), all = 2 ** steps.length;
  let below = 0, above = 0;
  ways.forEach((count, sum) => { if (sum <= seen) below += count; if (sum >= seen) above += count; });
  return Math.min(1, 2 * Math.min(below, above) / all);
}

// Pairs of entries -> Holm-corrected p and direction, by the entries' places.
function pairwise(entries) {
  const pairs = [];
  entries.forEach((a, i) => entries.forEach((b, j) => {
    if (i < j) pairs.push({ i, j, ...wilcoxon([...a.byFamily].map((value, unit) => rounded(value - b.byFamily[unit]))) });
  }));
  pairs.sort((a, b) => a.p - b.p);
  let floor = 0;
  pairs.forEach((pair, at) => { pair.holm = floor = Math.max(floor, Math.min(1, pair.p * (pairs.length - at))); });
  return pairs;
}

// [statistic, p] over three methods and families or more.
function friedman(table, methods) {
  const n = table.length;
  if (methods < 3 || n < FEWEST) return null;
  const sums = Array.from({ length: methods }, (_, at) => table.reduce((sum, ranks) => sum + ranks[at], 0));
  const ties = table.reduce((sum, ranks) => sum + tieSum(ranks), 0);
  const correction = 1 - ties / (methods * (methods ** 2 - 1) * n);
  if (correction <= 0) return [0, 1];
  const square = sums.reduce((sum, value) => sum + value * value, 0);
  const statistic = (12 / (methods * n * (methods + 1)) * square - 3 * n * (methods + 1)) / correction;
  return [statistic, upperGamma((methods - 1) / 2, statistic / 2)];
}

// The verdict on a ranked comparison: what may be claimed, and why nothing can be where nothing can.
function judged(found) {
  const methods = found.entries.length, families = found.families.length;
  const pairs = methods * (methods - 1) / 2;
  if (methods < 2 || families < FEWEST) return { pairs: [], friedman: null, claims: false, why: `a rank test needs two methods and ${FEWEST} dataset families` };
  const all = pairwise(found.entries);
  const test = friedman(rankTable(found), methods);
  const smallest = pairs * 2 ** (1 - families);
  const why = smallest >= ALPHA ? "there are too few dataset families for any claim" : test && test[1] >= ALPHA ? "the Friedman test does not reject" : "";
  return { pairs: all, friedman: test, claims: !why, why };
}

// Which places of a verdict differ, as a symmetric matrix.
function apartOf(verdict, methods) {
  const apart = Array.from({ length: methods }, () => new Array(methods).fill(false));
  if (verdict.claims) for (const { i, j, holm } of verdict.pairs) apart[i][j] = apart[j][i] = holm < ALPHA;
  return apart;
}

// Regularised upper incomplete gamma function: a series below, a continued fraction above (Numerical Recipes' split).
function upperGamma(a, x) {
  if (x <= 0) return 1;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a, sum = term;
    for (let n = 1; n < 1000 && term > sum * 1e-16; n++) sum += term *= x / (a + n);
    return 1 - sum * front;
  }
  let b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
  for (let n = 1; n < 1000; n++) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return h * front;
}

// Lanczos' approximation.
function logGamma(z) {
  const g = [0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7];
  const t = z + 6.5;
  let sum = g[0];
  for (let n = 1; n < g.length; n++) sum += g[n] / (z - 1 + n);
  return 0.5 * Math.log(2 * Math.PI) + (z - 0.5) * Math.log(t) - t + Math.log(sum);
}

const erfc = (x) => upperGamma(0.5, x * x);
