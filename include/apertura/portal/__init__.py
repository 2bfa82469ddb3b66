"""The public portal: a static site in the public bucket, made of the catalogue and the published files."""
