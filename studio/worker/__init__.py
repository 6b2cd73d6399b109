"""The worker: one loop that carries out commands, and the hosts it runs in.

A job's way: `Host.submit(Run)` → the host's inbox → its supervising thread enters the job in the `Ledger` and sends
the command down a `Line` (pipes to `worker.child`, or a queue to a thread) → `loop.serve` puts it in its backlog, says
`Started` and calls `Engine.run` → the engine's events come back up the line → the ledger drops what is late or already
answered → `on_event`, always in the supervising thread. `Cancel` takes the same way, and the engine's next `poll()`
raises JobCancelled; a job that does not react within `Patience.grace` is answered all the same, and its process killed
(a thread's job is abandoned). When a worker dies by itself, its running job fails, and the ledger's other jobs go to
the next worker in their order.
"""
