"""PartedData: a data set cut by series, whose parts are read by those who work on them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from forecaster.config.data_settings import DataSettings
from forecaster.data.as_of import names_file
from forecaster.data.folder import (
    absolute,
    has_manifest,
    is_folder,
    list_parts,
    read_manifest,
    version_of,
)
from forecaster.data.shards import Parting


@dataclass(frozen=True)
class PartedData:
    """A folder that `forecast shard` has written.

    Attributes:
        source: The folder as the user typed it.
        parts: Its parts that have rows, in order, named for all processes.
        rows: Rows of each.
        n_series: Of all.
        settings: How it is read.
        columns: By role, as they were found when the data was cut.
        parting: Which part the rows that go with a series belong to.
    """

    source: str
    parts: tuple[str, ...]
    rows: tuple[int, ...]
    n_series: int
    settings: DataSettings
    columns: Mapping[str, str]
    parting: Parting

    @cached_property
    def digest(self) -> str:
        """Another one when a part has changed, 64 hexadecimal digits."""
        as_of = self.settings.as_of
        said = [self.settings.model_dump_json(exclude_unset=True)]
        if as_of is not None and names_file(as_of):
            said.append(version_of(as_of))
        return hashlib.sha256("\n".join([*said, *map(version_of, self.parts)]).encode()).hexdigest()

    def shares(self, n: int) -> list[range]:
        """Consecutive parts for each of several readers, with about as many rows as any other's.

        Args:
            n: Readers; no more than there are parts.

        Returns:
            Places in ``parts``, one at least for each reader.
        """
        cuts = even_cuts(np.cumsum([0, *self.rows]), n)
        return [range(first, last) for first, last in pairwise(cuts)]


def parted(source: object, settings: DataSettings) -> PartedData | None:
    """A source as data that is read in parts, where it is.

    Args:
        source: As the user gave it.
        settings: Likewise.

    Returns:
        None for all but a folder with the manifest of `forecast shard` and no other files: only of those it
        is known that each series lies in one part.

    Raises:
        DataError: The folder cannot be looked at, or a part is missing.
    """
    if not is_folder(source) or not has_manifest(str(source)):
        return None
    name = str(source)
    manifest, names = read_manifest(name), list_parts(name)
    if len(names) > len(manifest.rows):
        return None
    said = DataSettings.model_validate(manifest.settings)
    kept = [number for number, rows in enumerate(manifest.rows) if rows > 0]
    return PartedData(
        source=name,
        parts=tuple(absolute(names[number]) for number in kept),
        rows=tuple(manifest.rows[number] for number in kept),
        n_series=sum(manifest.series),
        settings=said.model_copy(update=settings.model_dump(exclude_unset=True)),
        columns=manifest.roles,
        parting=Parting(len(manifest.rows), tuple(kept)),
    )


def even_cuts(offsets: Sequence[int] | np.ndarray, n: int) -> list[int]:
    """Where to cut consecutive pieces of different sizes into ``n`` runs of about the same size.

    Args:
        offsets: (n_pieces + 1,) where each piece begins, and the end.
        n: Runs, 1 .. n_pieces.

    Returns:
        (n + 1,) first piece of each run, and the number of pieces; no run is empty.

    Example:
        >>> even_cuts([0, 5, 6, 7, 20], 2)
        [0, 3, 4]
    """
    ends, others = np.asarray(offsets), np.arange(n - 1)
    n_pieces = len(ends) - 1
    cuts = np.searchsorted(ends, np.linspace(0, ends[-1], n + 1)[1:-1])
    # a piece at least for each run before, and one for each after
    cuts = np.maximum.accumulate(np.maximum(cuts - others, 1)) + others
    cuts = np.minimum(cuts, n_pieces - others[::-1] - 1)
    return [0, *cuts.tolist(), n_pieces]
