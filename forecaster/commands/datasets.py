"""``forecast datasets``: list the sample files, or write one to the current folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from forecaster.errors import ConfigError, RunError


@dataclass(frozen=True)
class Sample:
    """One line of the table in datasets/README.md; ``train`` is the command to start with."""

    file: str
    kind: str
    rows: int
    what: str
    licence: str
    train: str

    @property
    def name(self) -> str:
        """The file without its ending."""
        return Path(self.file).stem


def samples_folder() -> Path:
    """Folder of the sample files: in an installed package inside it, in a checkout beside it.

    Returns:
        The folder that holds README.md and the CSV files.

    Raises:
        RunError: Neither is there.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "datasets", package.parent / "datasets"):
        if (folder / "README.md").is_file():
            return folder
    raise RunError(f"{package / 'datasets'}: the sample data is missing. Install forecaster again.")


def read_samples(folder: Path) -> list[Sample]:
    """The sample files as the table of the folder's README.md describes them.

    Args:
        folder: What ``samples_folder`` returned.

    Returns:
        One entry a file, in the order of the table.
    """
    samples = []
    for line in (folder / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and cells[0].endswith(".csv"):
            file, kind, rows, what, licence, train = cells
            samples.append(Sample(file, kind, int(rows), what, licence, train))
    return samples


@click.command()
@click.argument("name", required=False)
@click.option("--force", is_flag=True, help="Replace a file of that name.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def datasets(name: str | None, force: bool, as_json: bool) -> None:
    """List the sample data, or write the file NAME to the current folder."""
    folder = samples_folder()
    samples = read_samples(folder)
    if name is None:
        entries = [{"name": sample.name, **asdict(sample)} for sample in samples]
        click.echo(json.dumps(entries, indent=2) if as_json else _table(samples))
        return
    sample = _find(samples, name)
    _write(folder / sample.file, force)
    if as_json:
        click.echo(json.dumps({"name": sample.name, **asdict(sample)}, indent=2))
    else:
        click.echo(f"{sample.file}: {sample.rows} rows, {sample.what}.\nTry: {sample.train}")


def _table(samples: list[Sample]) -> str:
    """The list in columns."""
    rows = [("NAME", "KIND", "ROWS", "WHAT", "LICENCE")]
    rows += [(s.name, s.kind, str(s.rows), s.what, s.licence) for s in samples]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        cells[2] = row[2].rjust(widths[2])
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _find(samples: list[Sample], name: str) -> Sample:
    """The entry of that name, given with or without .csv."""
    for sample in samples:
        if name in (sample.name, sample.file):
            return sample
    names = ", ".join(sorted(sample.name for sample in samples))
    raise ConfigError(f"datasets: there is no sample called '{name}'. Choose one of {names}.")


def _write(source: Path, force: bool) -> None:
    """Copy one file to the current folder."""
    from forecaster.files import write_file

    if Path(source.name).exists() and not force:
        raise ConfigError(f"{source.name}: the file exists already. Add --force to replace it.")
    write_file(Path(source.name), source.read_bytes(), mode=0o644)
