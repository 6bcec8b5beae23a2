"""The next badge of a Stack Overflow user, and when it comes.

    python examples/next_badge.py --data ../shared/data/events/stackoverflow_badges

Users of the first test fold of the benchmark are scored, all of their badges but the first; the others are
trained on.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from forecaster import Forecaster

FOLD = "1"


def read(folder: Path, most: int | None) -> tuple[pd.DataFrame, pd.Series]:
    """Badges, and of each whether its user is of the test fold; of all users, or of so many of each part."""
    users = pd.read_csv(folder / "so_sequences.csv.gz", dtype={"in_test_fold": str})
    users["is_test"] = users["in_test_fold"].str.split(";").apply(lambda folds: FOLD in folds)
    if most is not None:
        users = users.groupby("is_test").head(most)
    badges = pd.read_csv(folder / "so_badges.csv.gz").rename(columns={"seq_id": "user", "mark": "badge"})
    badges = badges[badges["user"].isin(users["seq_id"])]
    badges = badges.assign(time=pd.to_datetime(badges["time"], unit="s"))
    return badges, badges["user"].isin(users.loc[users["is_test"], "seq_id"])


def main() -> None:
    """Train on the other users, score those of the fold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of so_badges.csv.gz")
    parser.add_argument("--users", type=int, help="at most so many of each part")
    parser.add_argument("--epochs", type=int, help="those of the defaults when not given")
    options = parser.parse_args()
    badges, held_out = read(options.data, options.users)
    given = {} if options.epochs is None else {"epochs": options.epochs}
    forecaster = Forecaster(
        kind="events", id="user", time="time", mark="badge", unit="day", final_fit=False, **given
    ).fit(badges[~held_out])
    # of users that were trained on no row is new: the baselines learn from them
    scores = forecaster.evaluate(badges)
    print(f"{scores['n_new_ids']:,} users not seen, {scores['n_new_rows']:,} badges")
    for title, part, wanted in (
        ("next badge", scores["marks"], ("mark_accuracy", "mark_perplexity", "mark_top_5")),
        ("its time", scores, ("censored_crps", "log_score", "nll_all")),
    ):
        print(f"{title:18}", *(f"{name:>16}" for name in wanted))
        for name, one in {"model": part["model"], **part["baselines"]}.items():
            print(f"{name:18}", *(f"{one.get(score) or float('nan'):16.4f}" for score in wanted))


if __name__ == "__main__":
    main()
