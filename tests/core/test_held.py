"""Threads of one worker take runs of their own: what one keeps open, the other neither sees nor closes."""

import threading

from core.held import Held
from core.models import Run


def test_what_a_thread_keeps_open_is_its_own():
    held: Held[str] = Held()
    run, other = Run(pk=1), Run(pk=2)
    held.keep(run, "a file")
    seen = []

    def beside() -> None:
        seen.append(held.of(run))
        held.keep(other, "another file")
        seen.append(held.let_go())

    thread = threading.Thread(target=beside)
    thread.start()
    thread.join()
    assert seen == [None, "another file"]
    assert held.of(run) == "a file" and held.of(other) is None
    assert held.let_go() == "a file" and held.of(run) is None and held.let_go() is None


def test_the_next_run_takes_the_place_of_the_last():
    held: Held[str] = Held()
    held.keep(Run(pk=1), "a file")
    assert held.keep(Run(pk=2), "another file") == "another file"
    assert held.of(Run(pk=1)) is None and held.of(Run(pk=2)) == "another file"
