"""Generators: one provider a file. `generator.py` holds the protocol, its abilities and outcomes."""
