"""All streams of one data client, and who wants them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

from brokers.domain import StreamKind
from brokers.interactive_brokers.instruments.introductions import Introductions
from brokers.interactive_brokers.streams.stream import Stream
from brokers.refusals import SubscriptionRefused

# What makes two wishes the same: the kind, the `con_id`, and what else tells two streams of it apart.
Key = tuple[Hashable, ...]


class Registry:
    """A stream lives while somebody wants it: it counts subscribers, each by a name of their own."""

    def __init__(self, introductions: Introductions) -> None:
        self._introductions = introductions
        self._streams: dict[Key, Stream] = {}
        self._subscribers: dict[Key, set[Hashable]] = {}

    def __iter__(self) -> Iterator[Stream]:
        return iter(list(self._streams.values()))

    def __contains__(self, key: Key) -> bool:
        return key in self._streams

    def __getitem__(self, key: Key) -> Stream:
        return self._streams[key]

    def con_ids(self, kind: StreamKind) -> frozenset[int]:
        return frozenset(stream.instrument.con_id for stream in self._streams.values() if stream.kind is kind)

    def want(self, key: Key, subscriber: Hashable, make: Callable[[], Stream]) -> None:
        """Opens the stream for the first who wants it.

        Raises SubscriptionRefused when one more isn't to be had, LinkLost without a connection.
        """
        if key not in self._streams:
            self._streams[key] = self._opened(key, make())
            self._subscribers[key] = set()
        self._subscribers[key].add(subscriber)

    def unwant(self, key: Key, subscriber: Hashable) -> None:
        """Closes the stream with the last who wanted it. Nothing happens for one who didn't."""
        subscribers = self._subscribers.get(key, set())
        subscribers.discard(subscriber)
        if not subscribers:
            self.drop(key)

    def drop(self, key: Key) -> frozenset[Hashable]:
        """Closes the stream for all who wanted it, and says who they were."""
        stream = self._streams.pop(key, None)
        if stream is not None:
            stream.close()
            self._give_back(key, stream)
        return frozenset(self._subscribers.pop(key, ()))

    def key_of(self, stream: Stream) -> Key | None:
        """None for one that is no longer wanted."""
        return next((key for key, one in self._streams.items() if one is stream), None)

    def resume(self) -> None:
        """Asks for every stream anew. Raises LinkLost."""
        for stream in self:
            stream.retry.reset()
            stream.reopen()

    def forget(self) -> None:
        """The connection that carried them is gone."""
        for stream in self:
            stream.forget()

    def _opened(self, key: Key, stream: Stream) -> Stream:
        try:
            for slots in stream.slots:
                slots.take(key, name=stream.instrument.display_symbol)
            stream.open()
        except ValueError as error:
            self._give_back(key, stream)
            raise SubscriptionRefused(f"{stream.instrument.display_symbol} can't be asked for: {error}.") from error
        except BaseException:
            self._give_back(key, stream)
            raise
        self._introductions.meet(stream.instrument)
        return stream

    def _give_back(self, key: Key, stream: Stream) -> None:
        for slots in stream.slots:
            slots.give_back(key)
