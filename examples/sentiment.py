"""Sentiment of sentences: words as symbols, a label a sentence, in five folds.

    python examples/sentiment.py --data shared/data/text/sentiment_sentences

The folder holds the 3,000 sentences of Kotzias and others (UCI, "Sentiment Labelled Sentences") as
source,label,text. Beside the network stands logistic regression on how often each word comes.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np
import pandas as pd

from forecaster import Forecaster

N_FOLDS = 5
# Words, and the marks that say something of a mood.
WORD = re.compile(r"[a-z']+|[!?]|\d+")


def words_of(sentences: pd.DataFrame) -> pd.DataFrame:
    """A row a word: the sentence it is of, its label, and the word in small letters."""
    words = [WORD.findall(text.lower()) or ["(none)"] for text in sentences["text"]]
    lengths = [len(one) for one in words]
    return pd.DataFrame(
        {
            "sentence": np.repeat(sentences.index.to_numpy(), lengths),
            "label": np.repeat(sentences["label"].astype(str).to_numpy(), lengths),
            "word": [word for one in words for word in one],
        }
    )


def main() -> None:
    """Train on four folds and score on the fifth, each in its turn."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--data", type=Path, required=True, help="Folder of the file.")
    options.add_argument("--folds", type=int, default=N_FOLDS, help="Folds that are scored.")
    options.add_argument("--epochs", type=int, help="Fewer, to try it out.")
    options.add_argument("--sentences", type=int, help="First sentences of a shuffled order. [default: all]")
    asked = options.parse_args()
    sentences = pd.read_csv(asked.data / "sentiment_sentences.csv.gz")
    sentences = sentences.sample(frac=1, random_state=0, ignore_index=True)[: asked.sentences]
    fold = np.arange(len(sentences)) % N_FOLDS
    found: dict[str, list[float]] = {}
    for number in range(asked.folds):
        train, test = (words_of(sentences[part]) for part in (fold != number, fold == number))
        forecaster = Forecaster(
            id="sentence", label="label", mark="word", epochs=asked.epochs, final_fit=False
        )
        part = forecaster.fit(train, test=test).report["scores"]["test"]
        for name, scores in {"model": part["model"], **part["baselines"]}.items():
            found.setdefault(name, []).append(scores["accuracy"])
        print(f"fold {number + 1}: " + ", ".join(f"{name} {one[-1]:.3f}" for name, one in found.items()))
    for name, values in found.items():
        print(f"{name}: {np.mean(values):.3f}")


if __name__ == "__main__":
    main()
