"""The workspace Train: pictures with captions in, a LoRA or a model out."""
