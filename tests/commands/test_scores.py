from __future__ import annotations

from typing import Any

import pytest

from forecaster.commands._scores import conclude, score_table

EVENTS = {
    "mae": 71.31, "rmse": 79.23, "mase": 2.585, "crps": 40.95, "censored_crps": 6.612, "coverage_80": 0.6176,
    "nll": 5.289, "nll_all": 1.385, "nll_open": 0.1808, "log_score": 0.5501,
}  # fmt: skip
CLASSES = {"accuracy": 0.1234, "ranked_probability_score": 0.1234}


def part(deciding: str, model: dict[str, float], **baselines: dict[str, float]) -> dict[str, Any]:
    """Scores as in report.json."""
    ahead = [name for name, scores in baselines.items() if scores[deciding] < model[deciding]]
    return {
        "model": model,
        "baselines": baselines,
        "deciding": deciding,
        "n_windows": 3084,
        "best_baseline": min(baselines, key=lambda name: baselines[name][deciding]),
        "beaten_by": sorted(ahead, key=lambda name: baselines[name][deciding]),
    }


@pytest.mark.parametrize("model", [EVENTS, EVENTS | CLASSES])
@pytest.mark.parametrize("deciding", ["crps", "censored_crps"])
def test_table_fits_eighty_columns(model: dict[str, float], deciding: str, capsys) -> None:
    scores = part(deciding, model, log_autoregression=model, seasonal_naive=model)
    score_table(scores, "mixture", "day", "Scores")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Scores, 3,084 windows, errors in days"
    assert max(len(line.rstrip()) for line in lines) <= 80
    assert deciding in lines[1] and "log_score" in lines[1]
    # errors of the closed ones alone would favour whoever forecasts too early
    assert ("coverage_80" in lines[1]) == (deciding == "crps")


def test_every_baseline_that_is_ahead_is_named(capsys) -> None:
    better, best = EVENTS | {"censored_crps": 6.5}, EVENTS | {"censored_crps": 6.25}
    conclude(part("censored_crps", EVENTS, weibull=better, bg_nbd=best), "day")
    assert capsys.readouterr().out == (
        "A baseline beats the model: bg_nbd has a CRPS over the time observed of 6.25 days, the model 6.612 "
        "days. Use the baseline, or bring more data. Also ahead of the model: weibull.\n"
    )
    conclude(part("censored_crps", best, weibull=EVENTS), "day")
    assert capsys.readouterr().out == (
        "The model beats every baseline: its CRPS over the time observed is 6.25 days, that of the best "
        "baseline (weibull) 6.612 days.\n"
    )
