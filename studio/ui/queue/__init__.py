"""The queue's panel: a list that stays quick with thousands of jobs, and everything that can be done with them."""
