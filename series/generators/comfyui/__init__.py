"""The generator `comfyui`: a ComfyUI server on this machine, run with workflows that a person exported."""
