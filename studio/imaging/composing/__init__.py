"""How layers become one picture: formulas, stacks of layers, what is kept of them, and what an edit changes."""
