import subprocess
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest

from forecaster.baselines import choose, choose_baselines
from forecaster.baselines.garch import Garch
from forecaster.baselines.volatility import Ewma
from forecaster.errors import ConfigError


def closes(returns):
    return 100 * np.exp(np.concatenate([[0.0], np.cumsum(returns)]))


def garch_returns(n=600, seed=0):
    """Of 1 % in the long run, with weights of 0.1 and 0.85."""
    rng = np.random.default_rng(seed)
    found, variance = np.empty(n), 1e-4
    for k in range(n):
        found[k] = np.sqrt(variance) * rng.normal() + 5e-4
        variance = 5e-6 + 0.1 * (found[k] - 5e-4) ** 2 + 0.85 * variance
    return found


def forecast(panel, origins, horizon=3, train_ends=None, baseline=None):
    train_ends = panel.offsets[1:] if train_ends is None else np.asarray(train_ends)
    ready = (baseline or Garch()).fit(panel, train_ends, 5, horizon)
    return ready.predict(panel, np.asarray(origins))


def of_arch(returns, n_training, at, horizon):
    """Mean and variances that arch gives after return number ``at``, fitted to the first ones."""
    from arch import arch_model

    model = arch_model(100 * returns, rescale=False)
    result = model.fit(last_obs=n_training, disp="off")
    found = result.forecast(horizon=horizon, start=at, reindex=False)
    return found.mean.iloc[0].to_numpy() / 100, found.variance.iloc[0].to_numpy() / 1e4


def test_forecasts_are_those_of_arch(price_panel):
    returns = garch_returns()
    found = forecast(price_panel(closes(returns)), [400, 520], train_ends=[401])
    for row, at in enumerate((399, 519)):  # the first row has no return
        mean, variance = of_arch(returns, 400, at, 3)
        assert found.loc[row] == pytest.approx(mean, rel=1e-5)
        assert found.scale[row] ** 2 == pytest.approx(variance, rel=1e-4)


def test_a_close_has_the_sum_of_the_variances(price_panel):
    returns = garch_returns()
    panel = price_panel(closes(returns), predict="close")
    found = forecast(panel, [520], train_ends=[401])
    mean, variance = of_arch(returns, 400, 519, 3)
    assert found.point()[0] == pytest.approx(panel.y[520] * np.exp(mean * [1, 2, 3]))
    sums = np.array([variance[0], variance[0] + variance[1], variance.sum()])
    upper = panel.y[520] * np.exp(mean * [1, 2, 3] + 1.2815516 * np.sqrt(sums))
    assert found.interval(80)[1][0] == pytest.approx(upper, rel=1e-4)


@pytest.mark.parametrize("predict", ["return", "close"])
def test_later_rows_and_other_tickers_change_nothing(price_panel, predict):
    one, two = garch_returns(), garch_returns(seed=1)
    changed = np.append(one[:420], one[420:] * 1000)
    ends, origins = [301, 601 + 301], [60, 200, 300, 420]
    before = forecast(price_panel(closes(one), closes(two), predict=predict), origins, train_ends=ends)
    other = price_panel(closes(changed), closes(two[::-1]), predict=predict)
    after = forecast(other, origins, train_ends=ends)
    levels = np.array([0.1, 0.9])
    assert before.quantile(levels).tolist() == after.quantile(levels).tolist()
    assert before.point().tolist() == after.point().tolist()


def test_forecasts_do_not_depend_on_the_other_origins(price_panel):
    panel = price_panel(closes(garch_returns()), closes(garch_returns(seed=1)))
    ends = [301, 601 + 301]
    mixed = forecast(panel, [1100, 400, 1000, 310], train_ends=ends)
    alone = forecast(panel, [1000], train_ends=ends)
    assert mixed.scale[2] == pytest.approx(alone.scale[0], rel=1e-12)
    assert mixed.loc[2].tolist() == alone.loc[0].tolist()


def test_new_short_and_constant_tickers_are_forecast_as_by_ewma(price_panel):
    short, flat = closes(garch_returns(99)), np.full(200, 8.0)
    panel = price_panel(short, flat, closes(garch_returns(seed=2)))
    new = price_panel(closes(garch_returns(seed=3)), ids=["new"])
    for other, origins in ((panel, [50, 99, 250]), (new, [0, 400])):
        fits = [one.fit(panel, panel.offsets[1:], 5, 3) for one in (Garch(), Ewma())]
        ours, theirs = (one.predict(other, np.asarray(origins)) for one in fits)
        assert ours.scale.tolist() == theirs.scale.tolist()
        assert ours.point().tolist() == theirs.point().tolist()


def test_a_fit_whose_variance_dies_out_is_left_to_ewma(price_panel):
    calmer = np.random.default_rng(0).normal(size=300) / 10 * 0.97 ** np.arange(300)
    panel = price_panel(closes(calmer))
    ours, theirs = (forecast(panel, [300], baseline=one) for one in (Garch(), Ewma()))
    assert ours.scale.tolist() == theirs.scale.tolist()


@pytest.mark.parametrize("flag", [1, 9])
def test_a_fit_that_does_not_converge_is_left_to_ewma(price_panel, monkeypatch, flag):
    from arch.univariate.base import ARCHModelResult

    monkeypatch.setattr(ARCHModelResult, "convergence_flag", property(lambda _: flag))
    panel = price_panel(closes(garch_returns()))
    ours, theirs = (forecast(panel, [300], baseline=one) for one in (Garch(), Ewma()))
    assert ours.scale.tolist() == theirs.scale.tolist()


def test_a_fit_that_fails_is_left_to_ewma(price_panel, monkeypatch):
    from arch.univariate import ConstantMean

    def fail(*_args, **_kwargs):
        raise np.linalg.LinAlgError("singular")

    monkeypatch.setattr(ConstantMean, "fit", fail)
    panel = price_panel(closes(garch_returns()))
    ours, theirs = (forecast(panel, [300], baseline=one) for one in (Garch(), Ewma()))
    assert ours.scale.tolist() == theirs.scale.tolist()


def test_nothing_is_warned_of(price_panel):
    rare = np.zeros(150)
    rare[70] = 0.5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        panel = price_panel(closes(rare), closes(1e-7 * garch_returns()), closes(20 * garch_returns()))
        found = forecast(panel, [0, 100, 150, 160, 700, 1300])
    assert np.isfinite(found.quantile(np.array([0.1, 0.9]))).all()


def names(panel, which, horizon=1):
    origins = panel.offsets[1:] - 2
    return [one.name for one in choose_baselines(panel, which, origins, horizon).baselines]


def test_auto_takes_garch_where_it_is_quick(price_panel):
    one = price_panel(closes(garch_returns()))
    assert names(one, "auto")[-1] == names(one, "all")[-1] == "garch"
    assert "garch" not in names(one, "fast")
    assert "garch" in names(replace(one, predict="close"), "auto")
    # 300 fits of 1,000 rows: about 15 ms and 5 ms each
    many = price_panel(*np.full((300, 1001), 10.0))
    found = choose_baselines(many, "auto", many.offsets[1:] - 2, 1)
    assert found.left_out == ("garch",) and found.note is not None
    assert found.note.text == (
        "Not scored for the time it takes: the baseline garch (about 6 s); --baselines all has them all."
    )
    assert names(many, "all")[-1] == "garch"


def test_ranges_are_not_held_against_garch(price_panel):
    panel = price_panel(closes(garch_returns()), predict="range")
    assert "garch" not in names(panel, "all")


def test_without_the_package_auto_and_all_say_what_to_install(price_panel, monkeypatch):
    monkeypatch.setattr(choose, "has_arch", lambda: False)
    panel = price_panel(closes(garch_returns()))
    found = choose_baselines(panel, "auto", np.array([400]), 1)
    assert "garch" not in [one.name for one in found.baselines]
    assert found.note is not None and found.note.code == "baselines_left_out"
    assert found.note.text == (
        "Not scored: the baseline garch, as arch is not installed; forecaster[markets] has it."
    )
    assert choose_baselines(panel, "fast", np.array([400]), 1).note is None
    with pytest.raises(ConfigError) as error:
        choose_baselines(panel, "all", np.array([400]), 1)
    assert str(error.value) == (
        "--baselines all: arch, which has GARCH, is not installed. Install forecaster[markets], or take "
        "--baselines fast."
    )


def test_the_package_is_imported_when_it_is_fitted_only():
    code = (
        "import sys, forecaster.baselines, forecaster.commands; "
        "from forecaster.baselines.garch import is_installed; is_installed(); "
        "sys.exit('arch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
