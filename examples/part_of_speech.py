"""The part of speech of each word of a Chinese sentence, from the words before and after it.

Words become symbols: a word that the training sentences hold once, or never, becomes its last character. The
bar is the most frequent tag of each word in training, and the most frequent tag of all for an unknown one.
"""

from __future__ import annotations

import argparse
import gzip
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from forecaster import Forecaster

FOLDER = "text/zh_gsdsimp_ud"


def read(path: Path) -> pd.DataFrame:
    """A row a word: sentence, word, tag."""
    rows, sentence = [], ""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            fields = line.rstrip("\n").split("\t")
            if line.startswith("# sent_id = "):
                sentence = line.split(" = ")[1].strip()
            elif len(fields) == 10 and fields[0].isdigit():
                rows.append((sentence, fields[1], fields[3]))
    return pd.DataFrame(rows, columns=["sentence", "word", "tag"])


def as_symbols(words: pd.Series, counts: Counter[str]) -> pd.Series:
    """Words seen twice as they are, of others the last character."""
    return words.map(lambda word: word if counts[word] > 1 else f"...{word[-1]}")


def most_frequent(train: pd.DataFrame, test: pd.DataFrame) -> float:
    """Accuracy of the most frequent tag of each word."""
    tags = train.groupby("word")["tag"].agg(lambda one: one.value_counts().index[0])
    overall = train["tag"].value_counts().index[0]
    return float((test["word"].map(tags).fillna(overall) == test["tag"]).mean())


def run(data: Path, n_sentences: int | None = None, **settings: Any) -> tuple[dict[str, Any], float]:
    """Train on the sentences of dev, score on those of test.

    Args:
        data: Folder of the data.
        n_sentences: Of each; all when None.
        settings: Others than the defaults.

    Returns:
        The scores of the test sentences, and the accuracy of the most frequent tag of each word.
    """
    parts = [read(data / FOLDER / f"zh_gsdsimp-ud-{name}.conllu.gz") for name in ("dev", "test")]
    if n_sentences is not None:
        parts = [part[part["sentence"].isin(part["sentence"].unique()[:n_sentences])] for part in parts]
    counts = Counter(parts[0]["word"])
    train, test = (part.assign(word=as_symbols(part["word"], counts)) for part in parts)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "test.csv"
        test.to_csv(path, index=False)
        asked = {"outputs": "tag", "mark": "word", "id": "sentence", "test": str(path), "final_fit": False}
        forecaster = Forecaster(**(asked | settings)).fit(train)
    return forecaster.report["scores"]["test"], most_frequent(*parts)


def main() -> None:
    """Print the accuracy of the network and of the most frequent tags."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="Folder of the data.")
    scores, of_words = run(parser.parse_args().data)
    of_symbols = scores["baselines"]["per_mark"]["accuracy"]
    print(f"{scores['n_windows']:,} words: accuracy {scores['model']['accuracy']:.4f}")
    print(f"the most frequent tag of each word {of_words:.4f}, of each symbol {of_symbols:.4f}")


if __name__ == "__main__":
    main()
