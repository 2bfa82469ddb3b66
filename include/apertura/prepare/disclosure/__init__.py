"""Statistical disclosure control: generalisation, suppression and their proofs, on the combination."""
