"""Taking history in goes before working on it, and never for good."""

from pathloom_identity.application.door import IDLE_S, SHARE, Door


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_while_history_is_taken_in_none_is_worked_on() -> None:
    time = Time()
    door = Door(time)
    door.history_took(1.0)
    with door.taking():
        assert not door.history_may_go()
    assert not door.history_may_go()
    time.now += 2 * IDLE_S
    assert door.history_may_go()


def test_however_much_comes_history_gets_its_share() -> None:
    time = Time()
    door, worked = Door(time), 0.0
    begun = time.now
    with door.taking():
        while time.now < begun + 1000:
            if door.history_may_go():
                time.now += 2.0
                worked += 2.0
                door.history_took(2.0)
            else:
                time.now += IDLE_S / 2
    assert abs(worked / (time.now - begun) - SHARE) < 0.01


def test_where_nothing_is_taken_in_nothing_waits() -> None:
    time = Time()
    door = Door(time)
    door.history_took(5.0)
    assert door.history_may_go()
