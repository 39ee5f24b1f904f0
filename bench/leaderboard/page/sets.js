// Every dataset: sets down, methods across by rank; a cell opens its seeds.
const PAGE = 40;
let shownSets = PAGE, wantedSet = "";

function drawSets(found) {
  const table = document.getElementById("sets"), more = document.getElementById("more");
  const entries = found.entries;
  const order = new Intl.Collator("en", { numeric: true });
  const sets = found.sets.filter((set) => found.data.datasets[set].name.toLowerCase().includes(wantedSet)).sort((a, b) => order.compare(found.data.datasets[a].name, found.data.datasets[b].name));
  const heads = entries.map((entry) => html("th", { scope: "col", class: "turned" }, [html("span", {}, [shorter(entry.label, 22)])]));
  const rows = sets.slice(0, shownSets).map((set) => {
    const best = Math.max(...entries.map((entry) => entry.set.get(set)));
    const cells = entries.map((entry) => {
      const value = entry.set.get(set);
      const button = html("button", { type: "button", class: "value", "data-entry": entry.number, "data-set": set, "aria-label": `${entry.label} on ${found.data.datasets[set].name}: ${decimals(value)}` }, [decimals(value)]);
      return html("td", { class: rounded(value) === rounded(best) ? "best" : "", style: `--heat:${Math.round(100 * Math.max(0, 1 - (best - value) / 0.5))}%` }, [button]);
    });
    return html("tr", {}, [html("th", { scope: "row" }, [found.data.datasets[set].name + (found.data.datasets[set].synthetic ? " §" : "")]), ...cells]);
  });
  table.replaceChildren(html("thead", {}, [html("tr", {}, [html("th", { scope: "col" }, ["Dataset"]), ...heads])]), html("tbody", {}, rows));
  more.hidden = sets.length <= shownSets;
  more.textContent = `Show all ${sets.length} datasets`;
  more.onclick = () => { shownSets = Infinity; drawSets(found); };
  const search = document.getElementById("search");
  search.oninput = () => { wantedSet = search.value.trim().toLowerCase(); drawSets(found); };
}
