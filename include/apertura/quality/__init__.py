"""Quality: what the contract and a suite expect of the published tables, held by Great Expectations.

Importing this room is cheap; Great Expectations is imported when a validation runs, or by `preload`.
"""

from apertura.quality.counts import shown
from apertura.quality.expected import Expected, check_suite, expectations_of
from apertura.quality.validate import preload, validate

__all__ = ["Expected", "check_suite", "expectations_of", "preload", "shown", "validate"]
