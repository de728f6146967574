"""The generator `openai`: OpenAI's image models and routers that speak their language, by its SDK."""
