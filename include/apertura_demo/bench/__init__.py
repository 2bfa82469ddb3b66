"""Speed and memory at scale, as ratios measured in one run: the pipeline, pandas, and the floor."""
