"""State of runs in the private bucket: context, work files, fingerprints, records, leases."""
