"""A bot in pipecat that gives back what it hears: its own detection of the provider, its Exotel serializer, its pacing.

pipecat_bot.py PORT; the file TOLD gets lines of JSON: the call as pipecat understood it, then the samples of each frame heard.
"""

import array
import json
import os
import sys

import uvicorn
from fastapi import FastAPI, WebSocket
from pipecat.frames.frames import Frame, InputAudioRawFrame, OutputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.runner.utils import parse_telephony_websocket
from pipecat.serializers.exotel import ExotelFrameSerializer
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner

RATE = 8000

app = FastAPI()


def tell(told, what):
    told.write(json.dumps(what) + "\n")
    told.flush()


class Echo(FrameProcessor):
    def __init__(self, told):
        super().__init__()
        self.told = told

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            tell(self.told, list(array.array("h", frame.audio)))
            frame = OutputAudioRawFrame(frame.audio, frame.sample_rate, frame.num_channels)
        await self.push_frame(frame, direction)


@app.websocket("/")
async def call(websocket: WebSocket):
    await websocket.accept()
    provider, call = await parse_telephony_websocket(websocket)
    with open(os.environ["TOLD"], "a", encoding="utf-8") as told:
        tell(told, {"provider": provider, "from": call["from"], "to": call["to"]})
        serializer = ExotelFrameSerializer(stream_sid=call["stream_id"], call_sid=call["call_id"])
        params = FastAPIWebsocketParams(audio_in_enabled=True, audio_out_enabled=True, serializer=serializer)
        transport = FastAPIWebsocketTransport(websocket=websocket, params=params)
        rates = PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=RATE)
        worker = PipelineWorker(Pipeline([transport.input(), Echo(told), transport.output()]), params=rates)

        @transport.event_handler("on_client_disconnected")
        async def gone(_transport, _client):
            await worker.cancel()

        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        await runner.run()


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
