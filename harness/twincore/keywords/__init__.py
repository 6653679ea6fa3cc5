"""The Robot Framework library `twincore.TwinCore`: one module per topic of keywords."""
