"""Puts any number of messages in order of delivery in bounded memory: sorted runs on disk, merged."""

import heapq
import struct
import tempfile
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import BinaryIO, cast

import msgspec

from pathloom_simulator.values import Sent

Keyed = tuple[int, int, bytes]
"""Instant of delivery in milliseconds, a serial number that breaks ties, the encoded message."""

FAN_IN = 64
_HEAD = struct.Struct(">qqI")
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Sent)


class Sorter:
    """Takes messages in any order, gives them back by instant of delivery; holds at most `most` in memory."""

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._held: list[Keyed] = []
        # Runs by level: FAN_IN runs of one level are merged into one of the next, so few files are open at once.
        self._levels: list[list[BinaryIO]] = []
        self._serial = 0

    def add(self, sent: Sent) -> None:
        """Takes one."""
        self._serial += 1
        due = sent.occurred_ms + round(sent.delay_s * 1000)
        self._held.append((due, self._serial, _ENCODER.encode(sent)))
        if len(self._held) >= self._most:
            self._held.sort(key=itemgetter(0, 1))
            self._keep(self._spill(self._held), 0)
            self._held = []

    def ordered(self) -> Iterator[Sent]:
        """All of them, once; the files are gone afterwards."""
        self._held.sort(key=itemgetter(0, 1))
        runs = [run for level in self._levels for run in level]
        try:
            for _, _, encoded in _merged([*(_read(run) for run in runs), iter(self._held)]):
                yield _DECODER.decode(encoded)
        finally:
            for run in runs:
                run.close()
            self._levels, self._held = [], []

    def _spill(self, entries: Iterable[Keyed]) -> BinaryIO:
        # It outlives this call: `ordered` or the merge into the next level closes it.
        run = cast("BinaryIO", tempfile.TemporaryFile(prefix="pathloom-simulator-"))  # noqa: SIM115
        for due, serial, encoded in entries:
            run.write(_HEAD.pack(due, serial, len(encoded)))
            run.write(encoded)
        return run

    def _keep(self, run: BinaryIO, level: int) -> None:
        while len(self._levels) <= level:
            self._levels.append([])
        self._levels[level].append(run)
        if len(self._levels[level]) >= FAN_IN:
            runs, self._levels[level] = self._levels[level], []
            merged = self._spill(_merged([_read(each) for each in runs]))
            for each in runs:
                each.close()
            self._keep(merged, level + 1)


def _merged(runs: list[Iterator[Keyed]]) -> Iterator[Keyed]:
    return heapq.merge(*runs, key=itemgetter(0, 1))


def _read(run: BinaryIO) -> Iterator[Keyed]:
    run.seek(0)
    while head := run.read(_HEAD.size):
        due, serial, length = _HEAD.unpack(head)
        yield due, serial, run.read(length)
