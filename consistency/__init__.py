"""Measure how far pictures of one series drift from pinned references."""
