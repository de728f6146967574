"""Make and audit series of pictures from a manifest."""
