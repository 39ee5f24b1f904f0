"""A bundle made into a results folder again, for what is written into one: tables, figures, a page."""

from __future__ import annotations

from pathlib import Path

from bench.errors import StoreError
from bench.store import bundle, manifest, reading, segments


def results_folder(path: str) -> Path:
    """The results folder that is meant: the path itself, or of a bundle the folder of its name beside it.

    Raises
    ------
    StoreError
        The file is no bundle, or a folder with other results bears its name.
    """
    if not bundle.is_bundle(path):
        return Path(path)
    held = bundle.read(path)
    folder = Path(path).with_name(Path(path).name.removesuffix(bundle.ENDING).removesuffix(".zip") + "-unfolded")
    store = folder / reading.FOLDER
    if folder.exists():
        same = store.is_dir() and set(reading.rows_of(folder)["cell"].to_pylist()) == set(held.rows["cell"].to_pylist())
        if not same:
            raise StoreError(f"{folder} is there already and does not hold what {path} holds; move one of them away")
        return folder
    store.mkdir(parents=True)
    segments.write(segments.named(store, 1, 1), held.rows)
    manifest.replace(folder, held.manifest)
    return folder
