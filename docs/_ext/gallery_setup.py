"""How the gallery is put together: the order of its examples, and figures that are not pyplot's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst, matplotlib_scraper

ORDER = (
    "five_known_anomalies",
    "ten_percent_contamination",
    "new_kind_of_attack",
    "which_detector_for_my_csv",
    "why_is_a_row_high",
    "rerun_one_cell",
    "add_a_method",
    "add_a_dataset",
    "dask_cluster",
    "mlflow_server",
    "figures_of_a_paper",
    "what_mnp_sees",
)


class Order:
    """Sorts the examples of a folder as ``ORDER`` has them; one that is not listed is an error."""

    def __init__(self, src_dir: str) -> None:
        self.src_dir = src_dir

    def __call__(self, filename: str) -> int:
        return ORDER.index(Path(filename).stem)


def scrape(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any], **options: Any) -> str:
    """Pyplot's figures, or else the new ``figure`` of an example that has it from the report."""
    rst: str = matplotlib_scraper(block, block_vars, gallery_conf, **options)
    figure = block_vars["example_globals"].get("figure")
    if rst or not isinstance(figure, Figure) or getattr(figure, "in_gallery", False):
        return rst
    figure.in_gallery = True  # type: ignore[attr-defined]
    path = next(block_vars["image_path_iterator"])
    figure.savefig(path, dpi=200)
    text: str = figure_rst([path], gallery_conf["src_dir"])
    return text
