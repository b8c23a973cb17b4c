"""Forms: what people type, and nothing of what the rules say about it."""
