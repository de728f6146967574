"""Where a picture comes from, told beside it: a statement as JSON, and signed Content Credentials (C2PA)."""
