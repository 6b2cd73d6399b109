"""How Safelight looks: one small set of tokens, and what Qt needs made from it."""
