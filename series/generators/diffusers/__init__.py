"""The generator `diffusers`: pipelines on this machine, of any kind that the library loads."""
