"""What a worker has in hand, and whose turn it is."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest

from service.admission import Admission
from service.errors import Busy


def test_no_more_are_taken_in_hand_than_may_be():
    admission = Admission(2)
    admission.enter()
    admission.enter()
    with pytest.raises(Busy, match="2 requests are in hand"):
        admission.enter()
    admission.leave()
    admission.enter()
    assert admission.in_hand == 2


def test_turns_are_taken_in_the_order_of_asking():
    """A batch, which asks again at once, does not take the turn of one that waits."""
    admission, taken, started = Admission(9), [], Barrier(2)

    def one_page():
        started.wait()
        with admission.turn():
            taken.append("page")

    with admission.turn():
        waiting = Thread(target=one_page)
        waiting.start()
        started.wait()
        while not admission.waiting:
            pass
    for _ in range(3):
        with admission.turn():
            taken.append("batch")
    waiting.join()
    assert taken == ["page", "batch", "batch", "batch"]
    assert admission.pages == 5


def test_only_one_page_is_cleaned_at_a_time():
    admission, inside, most = Admission(9), [], []

    def pages():
        for _ in range(50):
            with admission.turn():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [Thread(target=pages) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(most) == {1}
    assert admission.pages == 200


def test_a_page_that_fails_gives_its_turn_back():
    admission = Admission(1)
    with pytest.raises(ValueError, match="no page"), admission.turn():
        raise ValueError("no page")
    with admission.turn():
        assert admission.pages == 1
