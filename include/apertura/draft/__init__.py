"""A first contract from a file: what can be counted is proposed, what a person must decide is left open.

Counts only, rounded; no value of a column that may be a person's leaves, nor a name of a column, a sheet or a
file that looks like one.
"""

from apertura.draft.make import Draft, draft

__all__ = ["Draft", "draft"]
