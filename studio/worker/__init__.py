"""The worker: one loop that carries out commands, and the hosts it runs in."""
