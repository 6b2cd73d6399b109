"""The worker: one loop that carries out commands, and the hosts it runs in.

A job's way: `Host.submit(Run)` → the host's inbox → its supervising thread enters the job in the `Ledger` and sends
the command down a `Line` (pipes to `worker.child`, or a queue to a thread) → `loop.serve` puts it in its backlog, says
`Started` and calls `Engine.run` → the engine's events come back up the line → the ledger drops what is late or already
answered → `on_event`, always in the supervising thread. `Cancel` takes the same way, and the engine's next `poll()`
raises JobCancelled; a job that does not react within `Patience.grace` is answered all the same, and its process killed
(a thread's job is abandoned). `Pause` likewise raises JobPaused, with more time to react; a job that has not begun is
answered at once by the host.

The child sends a `Beat` each second from a thread of its own, which the host keeps to itself. When a worker dies, or
says nothing for `Patience.silence` and is killed, its running job is Interrupted, and the ledger's other jobs go to the
next worker in their order, after a `Backoff` if workers end again and again. `Quit` pauses what runs; what the worker
said before its end is delivered, and then the rest is Interrupted.
"""
