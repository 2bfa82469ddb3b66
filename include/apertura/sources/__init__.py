"""Bytes from an institution: over HTTP, from a database, or dropped into the inbox by an operator."""
