"""Training: how models are made, not how they are used."""
