"""`forecast shard`: a data set cut by series into Parquet parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forecaster.commands._options import given, settings_options
from forecaster.commands._progress import counting
from forecaster.commands._show import as_json, note
from forecaster.commands._source import read_source


@click.command("shard")
@click.argument("data")
@click.option("--out", required=True, metavar="DIR", help="Folder to write; it must not be there.")
@click.option(
    "--shards",
    type=click.IntRange(1, 100_000),
    default=64,
    show_default=True,
    help="Number of parts.",
)
@settings_options("data")
@click.option("--json", "json_output", is_flag=True, help="Print the manifest as JSON.")
def shard(data: str, out: str, shards: int, json_output: bool, **options: Any) -> None:
    """Cut a data set into Parquet parts of whole series.

    The part of a series follows from its id alone. DATA is read in pieces, so that files larger than memory
    can be cut; train, predict and inspect read the folder as they read a file, and --engine ray reads its
    parts side by side.
    """
    from forecaster.config.build import make_settings
    from forecaster.data.shards import write_shards

    settings = make_settings(given(options)).data
    with counting() as report:
        manifest, n_series = write_shards(
            read_source(data), Path(out), shards, settings, progress=lambda n: report("rows", n, None)
        )
    if json_output:
        as_json(manifest.model_dump(mode="json"))
    else:
        note(
            f"{sum(manifest.rows):,} rows, {n_series:,} series, read as {manifest.kind}; parts of "
            f"{min(manifest.rows):,} to {max(manifest.rows):,} rows."
        )
    note(f"Wrote {len(manifest.rows):,} parts to {out}. Go on with: forecast train {out}")
