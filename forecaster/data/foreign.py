"""What is no table in text or Parquet: known by its first bytes, and said by its name."""

from __future__ import annotations

import re

from forecaster.errors import DataError

_KINDS = (
    (rb"PK\x03\x04", "a workbook or a zip archive"),
    (rb"\xd0\xcf\x11\xe0", "a workbook of the old kind"),
    (rb"BZh\d1AY&SY|\xfd7zXZ\0|\x28\xb5\x2f\xfd|7z\xbc\xaf", "an archive other than gzip"),
    (rb"%PDF-", "a PDF"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", "a picture"),
    (rb"\s*<(!doctype|html|\?xml)", "a web page or XML"),
    (rb"\s*(\[\s*)?\{\s*\"", "JSON"),
)


def refuse_foreign(source: str, data: bytes | memoryview) -> None:
    """Refuse what begins as a workbook, an archive, a picture, a web page or JSON does.

    Args:
        source: The file as the user typed it, for messages.
        data: Its bytes.

    Raises:
        DataError: It is one of them.
    """
    for pattern, what in _KINDS:
        if re.match(pattern, data[:64], re.IGNORECASE):
            raise DataError(f"{source}: this is {what}. Save the table as CSV.")
