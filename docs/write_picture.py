"""Draws what stands on standard input as a terminal, for the README.

`python src/train.py train … | python docs/write_picture.py docs/pictures/table.svg`
"""

import io
import re
import sys
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text


def main() -> None:
    """Write the picture; it names no font that would have to be fetched."""
    text = sys.stdin.read().rstrip()
    width = max(map(cell_len, text.splitlines()))
    console = Console(width=width, record=True, file=io.StringIO())
    drawn = Text(text)
    drawn.highlight_regex(r"[\u3400-\u9fff]+", "bold")  # a piece of its own, placed by its cells
    console.print(drawn, soft_wrap=True)
    svg = console.export_svg(title="python src/train.py train --data.train my.csv")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    # rich counts a hanzi as one cell there
    svg = re.sub(r' textLength="[\d.]+"(?=[^>]*>[\u3400-\u9fff])', "", svg)
    Path(sys.argv[1]).write_text(svg.replace("Fira Code, monospace", "monospace"), "utf-8")


if __name__ == "__main__":
    main()
