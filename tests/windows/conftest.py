from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel


def events_of(days: dict[str, list[str]], **settings: Any) -> Panel:
    """Events of some customers, kept as they are; the unit is a day where none is given."""
    rows = [(name, stamp) for name, stamps in days.items() for stamp in stamps]
    table = pd.DataFrame(rows, columns=["customer", "date"])
    return read_panel(table, DataSettings(**{"kind": "events", "unit": "day", "ties": "keep", **settings}))


# Rows: a 0 1 2 3, b 4, c 5 6. The gaps of a are 2, 3 and 14 days, that of c is 2 days.
CUSTOMERS = {
    "a": ["2024-01-01", "2024-01-03", "2024-01-06", "2024-01-20"],
    "b": ["2024-01-05"],
    "c": ["2024-01-12", "2024-01-14"],
}


@pytest.fixture
def customers() -> Panel:
    """Three customers on whole days, observed until 2024-01-20."""
    return events_of(CUSTOMERS)
