"""Sphinx configuration of the site; ``nox -s docs`` builds it with warnings as errors."""

from __future__ import annotations

import os
import sys
import warnings
from importlib.metadata import version as installed
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# Nothing of the site depends on data files of the machine that builds it.
os.environ.pop("MNP_BENCH_DATA", None)
# Docstrings that detectors inherit from PyOD are PyOD's matter.
warnings.filterwarnings("ignore", message="potentially wrong underline length", category=UserWarning)

from figures_in_text import substitutions  # noqa: E402

project = "MNP-Bench"
author = "The MNP-Bench authors"
copyright = "2026, the MNP-Bench authors"
release = version = installed("mnp-bench")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "mathml",
    "registry_pages",
]
exclude_patterns = ["_build", "_ext", "_templates", "**/GALLERY_HEADER.rst"]
root_doc = "index"

myst_enable_extensions = ["dollarmath", "substitution"]
myst_substitutions = substitutions()
myst_heading_anchors = 3
# Sentences of the pages name files of the repository; those are no pages of the site.
suppress_warnings = ["config.cache"]

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

templates_path = ["_templates"]
html_theme = "pydata_sphinx_theme"
html_title = f"MNP-Bench {release}"
html_static_path = ["_static"]
html_extra_path = ["board"]  # the leaderboard, beside the pages
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "header_links_before_dropdown": 6,
    "footer_start": ["copyright"],
    "footer_end": [],
    "article_header_start": [],
    "secondary_sidebar_items": ["page-toc"],
}

sphinx_gallery_conf = {
    "examples_dirs": "../examples/gallery",
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "gallery_setup.Order",
    "abort_on_example_error": False,
    "only_warn_on_example_error": False,
    "min_reported_time": 1e9,
    "show_memory": False,
    "show_signature": False,
    "download_all_examples": False,
    "image_scrapers": ("gallery_setup.scrape",),
    "reset_modules": ("matplotlib",),
    "remove_config_comments": True,
    "capture_repr": (),  # what an example shows it prints or draws
}
