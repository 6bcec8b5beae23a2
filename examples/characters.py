"""A text read character by character: each one tells the next.

    python examples/characters.py [--data FILE] [--epochs 160]

The text is cut in time: the first nine tenths are trained on, the last tenth is scored.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from forecaster import Forecaster

# The beginning of Lewis Carroll, "Alice's Adventures in Wonderland", 1865.
TEXT = Path(__file__).parent.parent / "tests" / "files" / "alice.txt"
N_CHARACTERS = 10_000
HELD_OUT = 1_000
SPACE = "_"


def rows_of(text: str) -> pd.DataFrame:
    """A row a character; a blank, which files leave out, is written as an underscore."""
    return pd.DataFrame({"character": [SPACE if one == " " else one for one in text]})


def main() -> None:
    """Train one layer of 256 on windows of 35, score it, and let it go on."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=TEXT, help="a text file")
    parser.add_argument("--units", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=160)
    options = parser.parse_args()
    text = " ".join(options.data.read_text(encoding="utf-8").split())[:N_CHARACTERS]
    rows = rows_of(text)
    forecaster = Forecaster(
        mark="character",
        layers=1,
        units=options.units,
        look_back=35,
        epochs=options.epochs,
        optimizer="adam",
        learning_rate=0.003,
        batch_size=2,  # streams side by side, whose states go on from window to window
        stateful=True,
        dropout=0.0,
        test_size=HELD_OUT,
        valid_size=0,  # no early end: the last weights, as in the textbook
        final_fit=False,
    ).fit(rows)
    learnt = forecaster.evaluate(rows[:-HELD_OUT])["model"]
    print(f"{len(text):,} characters, {len(set(text))} different")
    print(f"perplexity of the text trained on: {learnt['perplexity']:.3f}")
    scores = forecaster.report["scores"]["test"]
    for name, one in {"network": scores["model"], **scores["baselines"]}.items():
        print(f"perplexity of the text held out: {name:12} {one['perplexity']:8.2f}")
    begin = "Alice was beginning to "
    for how in ({}, {"sample": True, "seed": 1}):
        table = forecaster.predict(rows_of(begin), horizon=200, **how)
        print(f"{how or 'likeliest'}: {begin}{''.join(table['mark']).replace(SPACE, ' ')}")


if __name__ == "__main__":
    main()
