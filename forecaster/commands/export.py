"""`forecast export`: the networks of a run as files for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from forecaster.commands._show import as_json, note


@click.command("export")
@click.argument("run", required=False)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["onnx", "keras", "keras-json"]),
    default="onnx",
    show_default=True,
    help="ONNX (needs forecaster[onnx]), a .keras file, or Keras JSON with .weights.h5.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder to write, which must not be there. [default: RUN-FORMAT]",
)
@click.option("--json", "json_output", is_flag=True, help="Print JSON.")
def export(run: str | None, format_name: str, out: Path | None, json_output: bool) -> None:
    """Write the networks of a run as ONNX or Keras files.

    RUN is a name in runs or a path; the run trained last when it is not given. DIR gets a file for each
    network of the ensemble, metadata.json with all that goes before and after them, and example.py, which
    forecasts with them and without this package. Every file is opened again and compared with the run.
    """
    from forecaster.run.find import find_run

    found = find_run(run)
    folder = Path(f"{found.name}-{format_name}") if out is None else out
    from forecaster.run.export import export_run
    from forecaster.run.load import load_forecasts

    written = export_run(load_forecasts(found, "export"), format_name, folder)
    if json_output:
        as_json(
            {
                "folder": str(written.folder),
                "files": list(written.files),
                "n_compared": written.n_compared,
                "largest_difference": written.largest_difference,
            }
        )
    else:
        for name in written.files:
            click.echo(str(written.folder / name))
    note(
        f"Compared on {written.n_compared} windows: outputs differ by at most "
        f"{written.largest_difference:.1e}. "
        f"Try them with: python {written.folder / 'example.py'}"
    )
