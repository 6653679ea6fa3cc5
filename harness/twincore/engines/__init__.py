"""Engines: what runs firmware, behind one protocol."""
