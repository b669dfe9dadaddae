"""A bot written from the published examples of messages alone: what it gets must be as they are, field by field, and what it sends is.

examples_bot.py PORT; the file TOLD gets a line of JSON for each part that went well, or what was wrong.
"""

import asyncio
import base64
import json
import os
import re
import sys

from websockets.asyncio.server import serve

SID, NUMBER, TEXT, AUDIO = "<sid>", "<number>", "<text>", "<audio>"
EXAMPLES = {
    "connected": {"event": "connected"},
    "start": {
        "event": "start",
        "sequence_number": "1",
        "stream_sid": SID,
        "start": {
            "stream_sid": SID,
            "call_sid": SID,
            "account_sid": "acct1",
            "from": "09900000001",
            "to": "08011112222",
            "custom_parameters": {"lang": "hi"},
            "media_format": {"encoding": "base64", "sample_rate": "8000", "bit_rate": "128kbps"},
        },
    },
    "media": {
        "event": "media",
        "sequence_number": NUMBER,
        "stream_sid": SID,
        "media": {"chunk": NUMBER, "timestamp": NUMBER, "payload": AUDIO},
    },
    "dtmf": {
        "event": "dtmf",
        "sequence_number": NUMBER,
        "stream_sid": SID,
        "dtmf": {"digit": "5", "duration": "100"},
    },
    "mark": {"event": "mark", "sequence_number": NUMBER, "stream_sid": SID, "mark": {"name": TEXT}},
    "stop": {
        "event": "stop",
        "sequence_number": NUMBER,
        "stream_sid": SID,
        "stop": {"call_sid": SID, "account_sid": "acct1", "reason": "callended"},
    },
}
FRAME_MS, BYTES_A_MS = 100, 16


def fits(what, example):
    """Whether a message has the fields of an example, and no others, with values of the same kind."""
    if isinstance(example, dict):
        return isinstance(what, dict) and what.keys() == example.keys() and all(fits(what[key], example[key]) for key in what)
    if not isinstance(what, str):
        return False
    if example == AUDIO:
        return len(base64.b64decode(what, validate=True)) == FRAME_MS * BYTES_A_MS
    pattern = {SID: "[0-9a-z]{32}", NUMBER: "[1-9][0-9]*", TEXT: ".+"}.get(example)
    return bool(re.fullmatch(pattern, what)) if pattern else what == example


def tell(what):
    with open(os.environ["TOLD"], "a", encoding="utf-8") as file:
        file.write(json.dumps(what) + "\n")


class Call:
    def __init__(self, socket):
        self.socket, self.number, self.chunk = socket, 0, 0

    async def next(self):
        """The next message, which has its example's shape and its place in the order."""
        message = json.loads(await self.socket.recv())
        event = message["event"]
        assert fits(message, EXAMPLES[event]), f"no {event} of the examples: {message}"
        if event != "connected":
            self.number += 1
            assert message["sequence_number"] == str(self.number), f"number {self.number} is missing: {message}"
        if event == "start":
            self.sid = message["stream_sid"]
            assert message["start"]["stream_sid"] == self.sid, f"two ids: {message}"
        elif event != "connected":
            assert message["stream_sid"] == self.sid, f"the id of another: {message}"
        if event == "media":
            self.chunk += 1
            place = (message["media"]["chunk"], message["media"]["timestamp"])
            assert place == (str(self.chunk), str(self.chunk * FRAME_MS)), f"chunk {self.chunk} is missing: {message}"
        return message

    async def until(self, event):
        """Passes over audio until that comes."""
        while (message := await self.next())["event"] == "media":
            pass
        assert message["event"] == event, f"{event} was to come: {message}"
        return message

    async def until_marked(self, name):
        mark = await self.until("mark")
        assert mark["mark"] == {"name": name}, f"mark {name} was to come: {mark}"
        return mark

    async def send(self, event, **more):
        await self.socket.send(json.dumps({"event": event, **more}))

    def ids(self):
        return {"stream_sid": self.sid}


def sound(step, milliseconds):
    """A sound of one value, the step of that number in a segment of µ-law, in base64."""
    value = ((8 * step + 132) << 5) - 132
    return base64.b64encode(value.to_bytes(2, "little") * (8 * milliseconds)).decode()


async def plays_and_marks(call):
    """A mark comes back when what was sent before it has been played: as the examples send it, in camel case, and without ids."""
    await call.send("media", **call.ids(), media={"payload": sound(1, 1000)})
    await call.send("mark", **call.ids(), mark={"name": "m1"})
    began = call.chunk
    mark = await call.until_marked("m1")
    assert call.chunk - began >= 8, f"a second was played in {call.chunk - began} chunks of {FRAME_MS} ms"
    await call.socket.send(json.dumps(mark))  # as some bots return whatever they get: it must not come again
    await call.send("connected")
    await call.send("dtmf", **call.ids(), dtmf={"digit": "5"})
    more = {"sequenceNumber": "7", "chunk": "1", "timestamp": "100"}
    await call.send("media", streamSid=call.sid, media={**more, "payload": sound(2, 200)})
    await call.send("mark", streamSid=call.sid, sequenceNumber="8", mark={"name": "camel"})
    await call.until_marked("camel")
    await call.send("media", media={"payload": sound(3, 200)})
    await call.send("mark", mark={"name": "bare"})
    await call.until_marked("bare")


async def clears(call):
    """What was not played is dropped, and the mark behind it comes at once; what follows is played."""
    await call.send("media", **call.ids(), media={"payload": sound(0, 60_000)})
    await call.send("mark", **call.ids(), mark={"name": "dropped"})
    for _ in range(5):
        message = await call.next()
        assert message["event"] == "media", f"audio was to come: {message}"
    began = call.chunk
    await call.send("clear", **call.ids())
    await call.until_marked("dropped")
    assert call.chunk - began < 300, f"the mark came {call.chunk - began} chunks after the clear"
    await call.send("media", **call.ids(), media={"payload": sound(4, 200)})
    await call.send("mark", **call.ids(), mark={"name": "after"})
    await call.until_marked("after")


async def talk(call):
    assert (await call.next())["event"] == "connected"
    assert (await call.next())["event"] == "start"
    tell("started")
    await call.until("dtmf")
    tell("key")
    await plays_and_marks(call)
    tell("marks")
    await clears(call)
    tell("cleared")
    await call.until("stop")
    tell("stopped")


async def handle(socket):
    try:
        await talk(Call(socket))
    except Exception as error:
        tell({"wrong": repr(error)})
        raise


async def main():
    async with serve(handle, "127.0.0.1", int(sys.argv[1])) as server:
        await server.serve_forever()


asyncio.run(main())
