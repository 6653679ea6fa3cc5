"""A corpus: images of many projects, each with the lines that it must print; `twincore corpus` and tests boot them."""
