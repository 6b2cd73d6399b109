"""What counts as silence, and how long the next worker waits; the clock is laid out beforehand."""

from studio.worker.patience import Backoff, Patience, Silence


def test_a_worker_that_beats_is_never_silent() -> None:
    silence = Silence(20.0, 0.0)
    for second in range(1000):
        assert not silence.broken(second + 0.5)
        silence.heard(second + 1.0)


def test_silence_is_broken_after_its_term_if_the_host_looks_when_it_should() -> None:
    silence, now = Silence(20.0, 100.0), 100.0
    while not silence.broken(now):
        assert now < silence.next_look <= now + 1.0
        now = silence.next_look
    assert now == 120.0


def test_a_machine_that_slept_has_not_heard_silence() -> None:
    silence = Silence(20.0, 0.0)
    assert not silence.broken(3600.0)
    assert not silence.broken(7200.0)
    assert silence.next_look == 7201.0


def test_many_looks_add_no_more_than_the_time_that_passed() -> None:
    silence = Silence(20.0, 0.0)
    assert not any(silence.broken(look / 100) for look in range(1999))


def test_a_short_term_is_looked_at_more_often() -> None:
    assert Silence(1.0, 0.0).next_look == 0.25


def test_workers_that_begin_no_job_are_given_up() -> None:
    backoff = Backoff(Patience(backoff=(0.0, 0.25, 1.0)))
    delays = []
    for _ in range(4):
        backoff.born()
        delays.append(backoff.ended(0.0, under_job=False))
    assert delays == [0.25, 1.0, None, None]


def die_under_a_job(backoff: Backoff, after: float = 1.0) -> float | None:
    backoff.born()
    backoff.begun(100.0)
    return backoff.ended(100.0 + after, under_job=True)


def test_workers_that_die_under_young_jobs_are_started_later_and_later() -> None:
    backoff = Backoff(Patience())
    assert [die_under_a_job(backoff) for _ in range(6)] == [0.0, 0.25, 1.0, 5.0, 5.0, 5.0]


def test_a_finished_job_begins_the_row_of_deaths_anew() -> None:
    backoff = Backoff(Patience())
    assert [die_under_a_job(backoff) for _ in range(3)] == [0.0, 0.25, 1.0]
    backoff.finished()
    assert [die_under_a_job(backoff) for _ in range(2)] == [0.0, 0.25]


def test_a_death_after_a_long_time_is_no_reason_to_wait() -> None:
    backoff = Backoff(Patience())
    for _ in range(3):
        die_under_a_job(backoff)
    assert die_under_a_job(backoff, after=61.0) == 0.0
    assert die_under_a_job(backoff) == 0.0


def test_a_worker_that_dies_between_jobs_is_replaced_at_once() -> None:
    backoff = Backoff(Patience())
    die_under_a_job(backoff)
    die_under_a_job(backoff)
    backoff.born()
    backoff.begun(0.0)
    assert backoff.ended(1.0, under_job=False) == 0.0


def test_a_job_begun_ends_the_row_of_fruitless_workers() -> None:
    backoff = Backoff(Patience(backoff=(0.0, 0.25, 1.0)))
    backoff.born()
    assert backoff.ended(0.0, under_job=False) == 0.25
    die_under_a_job(backoff)
    backoff.born()
    assert backoff.ended(0.0, under_job=False) == 0.25
