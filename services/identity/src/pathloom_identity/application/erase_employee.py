"""Erases what is kept about an employee: their events belong to no customer, and are personal data all the same."""

from dataclasses import dataclass
from datetime import timedelta

from pathloom_kit.clock import Clock
from pathloom_kit.ids import IdFactory

from pathloom_identity.application.erase_customer import Certificate
from pathloom_identity.application.ports import UnitOfWork
from pathloom_identity.application.times import micros
from pathloom_identity.domain.records import RecordKey, RecordKind


@dataclass(frozen=True)
class EraseEmployee:
    """Never an error for whom nothing is known: the tombstone refuses what happened before and comes later.
    `logs_follow_after` as for customers."""

    work: UnitOfWork
    clock: Clock
    new_id: IdFactory
    logs_follow_after: timedelta

    async def __call__(
        self, namespace: str, employee_id: str, actor: str, traceparent: str = ""
    ) -> Certificate:
        key = RecordKey(namespace, RecordKind.EMPLOYEE, employee_id.strip())
        now = micros(self.clock.now())
        follow_by = now + self.logs_follow_after // timedelta(microseconds=1)
        certificate_id = self.new_id("era")
        async with self.work(traceparent) as unit:
            events = await unit.erase_nobodys(key, actor, now, certificate_id, follow_by)
        return Certificate(certificate_id, events, 0, now, follow_by)
