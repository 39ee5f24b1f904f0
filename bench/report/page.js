// Sorting and filtering; without JavaScript the tables are there all the same.
for (const table of document.querySelectorAll("table.grid")) {
  const paged = table.classList.contains("paged");
  new DataTable(table, {
    order: [],
    autoWidth: false,
    paging: paged,
    info: paged,
    pageLength: 25,
    language: { search: "Filter:" },
    layout: { topStart: "search", topEnd: paged ? "info" : null, bottomStart: paged ? "paging" : null, bottomEnd: null },
  });
}
// one scenario at a time, on paper too; without JavaScript all stand below each other
const chosen = document.getElementById("scenario");
function show() {
  for (const one of document.querySelectorAll("[data-scenario]")) one.hidden = chosen.value !== "" && one.dataset.scenario !== chosen.value;
}
if (chosen) {
  chosen.addEventListener("change", show);
  show();
}
// a printed page shows what is folded
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
document.documentElement.dataset.ready = "yes";
