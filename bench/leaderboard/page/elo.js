// Elo as TabArena's bencheval defines it: the Bradley-Terry fit of who beats whom in each family (ties half), with its
// small ridge, 400 points for ten to one, mean 1000. Where every pair meets in every family the number of wins is all
// that counts. A test holds these numbers against bencheval's, which cannot follow a choice in a browser.
const RIDGE = 0.5 / (1e6 * Math.log(10) ** 2);
const SCALE = 400 / Math.log(10);

function eloOf(rankTable, methods, weights = null) {
  const wins = new Float64Array(methods);
  let total = 0;
  rankTable.forEach((ranks, unit) => {
    const weight = weights ? weights[unit] : 1;
    total += weight;
    for (let at = 0; at < methods; at++) wins[at] += weight * (methods - ranks[at]);
  });
  const strength = bradleyTerry(wins, total);
  const mean = meanOf(strength);
  return strength.map((value) => 1000 + SCALE * (value - mean));
}

// Newton's method on the penalised likelihood, which is concave; steps are halved where they go too far.
function bradleyTerry(wins, total) {
  const n = wins.length;
  let strength = new Float64Array(n);
  let value = likelihood(strength, wins, total);
  for (let round = 0; round < 200; round++) {
    const { gradient, hessian } = slopes(strength, wins, total);
    if (Math.max(...gradient.map(Math.abs)) < 1e-9) break;
    const step = solved(hessian, gradient);
    let scale = 1, next, better;
    do {
      next = strength.map((old, at) => old + scale * step[at]);
      better = likelihood(next, wins, total);
      scale /= 2;
    } while (better < value && scale > 1e-6);
    if (!(better > value)) break;
    strength = next;
    value = better;
  }
  return strength;
}

function likelihood(t, wins, total) {
  let value = 0;
  for (let i = 0; i < t.length; i++) {
    value += wins[i] * t[i] - RIDGE * t[i] * t[i];
    for (let j = i + 1; j < t.length; j++) value -= total * (Math.max(t[i], t[j]) + Math.log1p(Math.exp(-Math.abs(t[i] - t[j]))));
  }
  return value;
}

function slopes(t, wins, total) {
  const n = t.length;
  const gradient = wins.map((won, at) => won - 2 * RIDGE * t[at]);
  const hessian = Array.from({ length: n }, () => new Float64Array(n));
  for (let i = 0; i < n; i++) {
    hessian[i][i] += 2 * RIDGE;
    for (let j = 0; j < n; j++) {
      if (i === j) continue;
      const p = 1 / (1 + Math.exp(t[j] - t[i]));
      gradient[i] -= total * p;
      hessian[i][i] += total * p * (1 - p);
      hessian[i][j] -= total * p * (1 - p);
    }
  }
  return { gradient, hessian };
}

// Gaussian elimination with pivots; the ridge makes the matrix regular.
function solved(matrix, right) {
  const n = right.length, a = matrix.map((row, at) => Float64Array.of(...row, right[at]));
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) if (Math.abs(a[row][column]) > Math.abs(a[pivot][column])) pivot = row;
    [a[column], a[pivot]] = [a[pivot], a[column]];
    for (let row = column + 1; row < n; row++) {
      const factor = a[row][column] / a[column][column];
      for (let at = column; factor && at <= n; at++) a[row][at] -= factor * a[column][at];
    }
  }
  const x = new Float64Array(n);
  for (let row = n - 1; row >= 0; row--) {
    let rest = a[row][n];
    for (let at = row + 1; at < n; at++) rest -= a[row][at] * x[at];
    x[row] = rest / a[row][row];
  }
  return x;
}
