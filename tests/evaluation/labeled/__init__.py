"""Labeled pictures in the format of docs/evaluation_format.md in, figures and tables out."""
