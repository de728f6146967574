"""previz: panel drafts from nothing but the manifest's own references, palettes and words."""
