"""The shortcut: plain messages without a task in between, in their order, while nothing forbids it."""

from collections.abc import Sequence

from live.transport.framing import Framing
from live.transport.shortcut import offered
from tests.live.pipe import BINARY, PING, TEXT, Talk, frame


async def open_talk() -> Talk:
    """Begin a talk whose application takes the shortcut, and has asked for what comes next."""
    talk = Talk(Framing, by_shortcut=True)
    await talk.is_open.wait()
    await talk.settle()
    return talk


async def test_messages_are_handed_over_at_once_while_the_application_waits() -> None:
    talk = await open_talk()
    talk.protocol.data_received(frame(BINARY, b"one") + frame(BINARY, b"two") + frame(TEXT, b"three"))
    assert [event.get("bytes") or event["text"] for event in talk.events] == [b"one", b"two", "three"]
    assert (talk.together, talk.leftovers) == ([2, 1], [True, False])
    await talk.settle()
    talk.protocol.data_received(frame(TEXT, b"four"))
    assert (talk.delivered, talk.leftovers[-1]) == (4, False)
    assert talk.pipe.reads, "nobody has to ask for more"
    await talk.close()


async def test_who_has_not_asked_for_the_next_event_gets_events() -> None:
    talk = await open_talk()
    talk.may_ask.clear()
    # In two parts: the library's, and so an event.
    talk.protocol.data_received(frame(0x02, b"fir") + frame(0x80, b"st") + frame(BINARY, b"second"))
    await talk.settle()
    talk.protocol.data_received(frame(BINARY, b"third"))
    assert (talk.delivered, talk.pipe.reads) == (0, False)
    talk.may_ask.set()
    await talk.settle()
    talk.protocol.data_received(frame(BINARY, b"fourth"))
    assert [event["bytes"] for event in talk.events] == [b"first", b"second", b"third", b"fourth"]
    assert (talk.delivered, talk.pipe.reads) == (1, True)
    await talk.close()


async def test_more_than_a_turns_frames_come_one_turn_after_the_other() -> None:
    talk = await open_talk()
    talk.protocol.data_received(b"".join(frame(BINARY, b"%d" % i) for i in range(80)))
    assert (talk.together, talk.leftovers, talk.pipe.reads) == ([32], [True], False)
    await talk.settle()
    assert [int(event["bytes"]) for event in talk.events] == list(range(80))
    assert talk.pipe.reads
    await talk.close()


async def test_what_is_held_is_neither_read_nor_handed_over() -> None:
    talk = await open_talk()
    talk.shortcut.hold()
    assert not talk.pipe.reads
    talk.shortcut.go_on()
    assert talk.pipe.reads

    def take_in_and_hold(messages: Sequence[str | bytes], has_more: bool) -> None:
        talk.take_in(messages, has_more)
        talk.shortcut.hold()

    talk.shortcut.deliver_to(take_in_and_hold)
    talk.protocol.data_received(b"".join(frame(BINARY, b"%d" % i) for i in range(80)) + frame(PING, b"?"))
    await talk.settle()
    assert (len(talk.events), talk.pipe.reads) == (32, False)
    talk.shortcut.deliver_to(talk.take_in)
    talk.shortcut.go_on()
    await talk.settle()
    assert [int(event["bytes"]) for event in talk.events] == list(range(80))
    assert talk.pipe.reads
    assert talk.pipe.written == b"\x8a\x01?"
    await talk.close()


async def test_a_client_that_goes_is_noticed_while_it_is_held() -> None:
    talk = await open_talk()
    talk.shortcut.hold()
    talk.protocol.connection_lost(None)
    await talk.settle()
    assert talk.events[-1]["type"] == "websocket.disconnect"


async def test_after_the_end_nothing_is_handed_over() -> None:
    talk = await open_talk()
    await talk.to_send.put({"type": "websocket.close"})
    await talk.settle()
    talk.protocol.data_received(frame(BINARY, b"late"))
    await talk.settle()
    assert not talk.delivered
    await talk.close()


async def test_texts_can_be_written_at_once_while_the_socket_takes_them() -> None:
    talk = Talk(Framing)
    await talk.is_open.wait()
    write, texts = talk.shortcut.write_texts, ["one", "two" * 50, "three"]
    write(lambda: texts.pop(0) if texts[1:] else None)
    assert talk.pipe.written == b"\x81\x03one\x81\x7e\x00\x96" + b"two" * 50
    talk.protocol.pause_writing()
    write(lambda: texts.pop(0))
    talk.protocol.resume_writing()
    assert texts == ["three"], "what the socket takes no more is not asked for"
    await talk.to_send.put({"type": "websocket.close"})
    await talk.settle()
    write(lambda: texts.pop(0))
    assert texts == ["three"]
    await talk.close()
    assert offered(talk.protocol.scope) is None, "whoever is done leaves no cycle"
