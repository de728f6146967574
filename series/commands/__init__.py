"""The commands, one file for those that belong together; `series.cli` puts them under one name."""
