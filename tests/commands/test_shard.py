"""`forecast shard`."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from forecaster.commands import cli

ROWS = "\n".join(["shop,day,sales", *(f"s{k},2020-01-0{day},{k}" for day in (1, 2, 3) for k in range(8))])


def test_a_file_is_cut_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROWS)
    words = ["shard", str(tmp_path / "a.csv"), "--out", str(tmp_path / "d"), "--shards", "3", "--id", "shop"]
    done = CliRunner().invoke(cli, [*words, "--json"])
    assert done.exit_code == 0, done.output
    manifest = json.loads(done.stdout)
    assert (sum(manifest["rows"]), manifest["settings"]) == (24, {"id": "shop"})
    assert f"Wrote 3 parts to {tmp_path / 'd'}. Go on with: forecast train" in done.stderr
    again = CliRunner().invoke(cli, words)
    assert again.exit_code == 1
    assert again.stderr.endswith("something is there already. Name another --out, or remove it.\n")


def test_a_folder_of_parts_is_inspected_as_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROWS)
    CliRunner().invoke(cli, ["shard", str(tmp_path / "a.csv"), "--out", str(tmp_path / "d"), "--id", "shop"])
    facts = [
        json.loads(CliRunner().invoke(cli, ["inspect", str(tmp_path / name), "--json", *words]).stdout)
        for name, words in (("a.csv", ("--id", "shop")), ("d", ()))
    ]
    for name in ("kind", "n_rows", "n_series", "columns", "step"):
        assert facts[0].get(name) == facts[1].get(name)
