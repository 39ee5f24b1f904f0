"""The LaTeX of every table through a real LaTeX, with names full of its special characters."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bench.report import tables
from bench.report.render import escaped_latex, escaped_markdown
from tests.bench.report import made_up

NASTY = "a_b %c & #d ~ {e} \\f ^g $h| <i> é √ \N{EN DASH}"
DOCUMENT = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage{booktabs,graphicx}
\begin{document}
\listoftables
%s
\end{document}
"""


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("datasets", [2, 12], ids=["methods down", "datasets down"])
def test_every_table_compiles(tmp_path: Path, datasets: int) -> None:
    names = [f"{NASTY} {i}" for i in range(datasets)]
    frame = made_up.rows([*names, "synthetic-x"], scenarios=({"protocol": "paper", "label_budget": 0.01},), seeds=2)
    frame = made_up.fail(frame, dataset=names[0], method="devnet", seed=1, reason=NASTY)
    frame = made_up.fail(frame, method="iforest", status="timeout", reason="took more than 10 s")
    files = [path for path in tables.write(tmp_path, frame) if path.suffix == ".tex"]
    assert len(files) == 5
    body = "\n".join(rf"\input{{{path.stem}}}\clearpage" for path in files)
    (tmp_path / "all.tex").write_text(DOCUMENT % body, encoding="utf-8")
    for _ in range(2):  # the second pass reads the list of tables
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
            cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-2000:]
    log = (tmp_path / "all.log").read_text(errors="replace")
    assert "Overfull \\hbox" not in log, "a table is wider than the page"
    assert "Float too large" not in log


def test_an_empty_table_says_so(tmp_path: Path) -> None:
    tables.write(tmp_path, made_up.rows())
    assert "none" in (tmp_path / "failures.tex").read_text()
    assert "none" in (tmp_path / "failures.md").read_text()


def test_escaping_keeps_words_and_hides_signs() -> None:
    assert escaped_latex("50% of_x & y") == r"50\% of\_x \& y"
    assert escaped_latex("√") == "?"
    assert escaped_markdown("a|b_c*\nd <e>") == r"a\|b\_c\* d &lt;e&gt;"
