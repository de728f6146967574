"""The generator `gemini`: Google's image models, by key or on Vertex AI, through the official SDK."""
