// Start: decode, choose, draw; the ranking first, what takes longer when the page has been painted.
const data = decoded(JSON.parse(document.getElementById("data").textContent));
const state = opening(data);
let wanted = wantedCell(data, location.hash);
if (wanted) Object.assign(state, choiceOf(data, wanted));
else fromHash(data, state);
let found, turn = 0;

function draw() {
  const mine = ++turn;
  delete document.documentElement.dataset.ready;
  found = ranked(compared(data, state));
  const verdict = judged(found);
  drawFilters(data, state, draw);
  headline(found, verdict);
  drawBoard(found);
  history.replaceState(null, "", toHash(state));
  performance.mark("ranked");
  if (wanted) showWanted(data, found, wanted);
  wanted = null;
  setTimeout(() => { if (mine === turn) rest(verdict); });
}

function rest(verdict) {
  const put = (name, content) => document.getElementById(name).replaceChildren(content);
  put("cost", qualityAgainstCost(found));
  put("critical", criticalDifference(found, verdict));
  put("wins", winMatrix(found));
  put("labels", curve(data, state, "labels"));
  put("contamination", curve(data, state, "contamination"));
  drawSets(found);
  const elo = eloBounds(found);
  found.entries.forEach((entry, at) => { entry.meanBounds = meanBounds(found, entry); entry.eloBounds = elo && elo[at]; });
  drawBoard(found);
  document.documentElement.dataset.ready = "yes";
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-entry]");
  if (!target) return;
  if (target.dataset.set !== undefined) showCell(found, Number(target.dataset.entry), Number(target.dataset.set));
  else showMethod(found, Number(target.dataset.entry));
});

// A link to a cell that is followed while the page is open.
addEventListener("hashchange", () => {
  wanted = wantedCell(data, location.hash);
  if (!wanted) return;
  Object.assign(state, choiceOf(data, wanted));
  draw();
});

const tip = document.getElementById("tip");
document.addEventListener("pointermove", (event) => {
  const target = event.target.closest?.("[data-tip]");
  tip.hidden = !target;
  if (!target) return;
  tip.textContent = target.dataset.tip;
  tip.style.left = `${Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8)}px`;
  tip.style.top = `${event.clientY + 14}px`;
});
document.getElementById("panel").addEventListener("click", (event) => { if (event.target.id === "panel") event.target.close(); });

// Paper has no button for the rest.
addEventListener("beforeprint", () => { shownSets = Infinity; drawSets(found); });

function drawMerged() {
  const row = (source) => html("tr", {}, [html("th", { scope: "row" }, [source.path]), ...[`${source.shown.toLocaleString("en")} of ${source.cells.toLocaleString("en")}`, source.started.join(", "), source.code.join(", "), source.python.join(", "), source.packages.join("; "), source.processor.join(", ")].map((text) => html("td", {}, [text || source.note || ""]))]);
  document.getElementById("sources").replaceChildren(html("thead", {}, [html("tr", {}, ["Source", "Cells shown", "Run", "Code", "Python", "Packages", "Processor"].map((name) => html("th", { scope: "col" }, [name])))]), html("tbody", {}, data.sources.map(row)));
  document.getElementById("left-out").replaceChildren(...(data.leftOut.length ? data.leftOut.map((text) => html("li", {}, [text])) : [html("li", {}, ["Nothing was left out."])]));
}

if (innerWidth < 832) document.getElementById("choose").open = false; // a phone shows the ranking first
drawMerged();
draw();
