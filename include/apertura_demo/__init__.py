"""Demonstration institutions: invented extracts, the servers that offer them, and the canary scan."""
