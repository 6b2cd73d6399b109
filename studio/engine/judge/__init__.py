"""How good a model of the starter family is: our own scorer, the measures, the evaluation and its page."""
