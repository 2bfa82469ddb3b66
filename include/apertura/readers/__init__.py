"""From an extract's bytes to a raw table: every value text, exactly as it came, or an error.

Many formats (the readers of `contract.intake`), one answer: `RawTable`. Nothing is
guessed and nothing is repaired here: a file that does not have the declared shape is refused, in words
that quote neither a value, nor a header, nor the name of a file.
"""

from apertura.readers.read import header, read
from apertura.readers.table import RawTable

__all__ = ["RawTable", "header", "read"]
