"""Publishing: the formats, the metadata and the commit of a release; pointers derived from manifests."""

from apertura.publish.history import latest_release
from apertura.publish.pointers import repair, sweep
from apertura.publish.release import publish
from apertura.publish.withdraw import Withdrawal, withdraw

__all__ = ["Withdrawal", "latest_release", "publish", "repair", "sweep", "withdraw"]
