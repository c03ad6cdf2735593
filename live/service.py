"""The service: models, batcher and the members that are connected; from loading to draining.

What `app.py` starts and stops, what `connection.py` and `routes.py` serve from. It knows no websocket and no
HTTP: who is connected, members.py knows.
"""

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import TYPE_CHECKING, Any

from live import garbage, ink, recogniser
from live.batcher import Batcher
from live.census import Census, OwnCensus
from live.errors import Overloaded, StartError
from live.explaining.explainer import Explainer
from live.lanes import Cut
from live.members import Members
from live.messages import Model, Snapshot
from live.metrics import Metrics, collect
from live.pictures.decoder import Decoder
from live.places import Places
from live.predict_thread import PredictThread
from live.prediction import Answer, Models, Predictor, Question, count_snapshots
from live.recogniser import Card, Load
from live.session import Waiting
from live.settings import Settings
from live.turns import Turns

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

log = logging.getLogger(__name__)

UPLOADED_AT_ONCE = 8
"""Pictures of uploads read, decoded or predicted at a time: enough to keep all three busy."""
LOADING_S = 300.0
"""What loading may take: importing TensorFlow and compiling a model is slow."""
_MAX_WAIT_FOR_READY_S = 20.0
_STUCK_S = 5.0
"""No batch takes this long on any machine; a predict call that does will hardly come back."""
_WATCH_S = 0.25
_PATIENCE = 40
"""Ticks of the watch, hence 10 s, after which a predict call is given up."""
_MEMORY_S = 60.0
_MAX_REPLACED = 3
"""Predict threads replaced within that time; one more, and the server had better end."""
_LAST_WORD_S = 0.5
"""How long before a drain's time is up what still waits is told that it won't be predicted."""
_CHECK_EVERY = 4
"""Ticks of the watch; sessions end that much later than they might, and ten thousand cost nothing."""


class State(Enum):
    """LOADING → READY ⇄ RESTARTING → DRAINING; any → FAILED, with the reason in `Service.failure`.

    RESTARTING is for the predict thread: sessions stay, and wait for the next.
    """

    LOADING = "loading"
    READY = "ready"
    RESTARTING = "restarting"
    DRAINING = "draining"
    FAILED = "failed"


class Service:
    """All that serves. Owned by one event loop; predicting has a thread of its own."""

    def __init__(
        self, settings: Settings, census: Census | None = None, load: Load = recogniser.load
    ) -> None:
        """census: what counts sessions; load: what makes a recogniser of a card."""
        self.settings = settings
        self._load_one = load
        self.state = State.LOADING
        self.failure: StartError | None = None
        self.on_failure: Callable[[], None] = lambda: None
        self.cards: list[Card] = []
        self.models: list[Model] = []
        self.metrics = Metrics()
        self.batcher: Batcher[Any, Answer]
        """There once the models are loaded, as is the explainer."""
        self.explainer: Explainer
        self.all_numbers: Callable[[], Awaitable[list[Metric]]] = self._own_numbers
        """What to tell Prometheus; one of several workers asks the others too."""
        self.uploads = Places(settings.max_uploads, "uploads", max(settings.max_uploads // 2, 1))
        """Bodies of many pictures, taken in or answered; a drain waits for those, too."""
        self.uploaded = Turns(range(UPLOADED_AT_ONCE))
        """To have a picture of an upload in memory."""
        self.is_over = False
        """A drain's time is up: what waits is to be told so."""
        self.members = Members(settings, census or OwnCensus(), self.metrics)
        self._is_loaded = asyncio.Event()
        self._is_settled = asyncio.Event()
        """Loaded, failed, or draining before that: nobody need wait to know."""
        self.decoder = Decoder(settings.decoders, settings.max_picture_pixels)
        self.bulk_decoder = Decoder(settings.decoders, settings.max_picture_pixels, is_bulk=True)
        self._thread = PredictThread(self._load)
        self._replaced_at: list[float] = []

    async def run(self) -> None:
        """Load and warm up the models, then batch and predict until cancelled."""
        await self._start_thread()
        with garbage.spared() as collector:
            await self._serve(collector)

    async def _serve(self, collector: garbage.Collector) -> None:
        self._is_loaded.set()
        self._is_settled.set()
        if self.failure:
            return
        ask, most = Predictor(self._thread.predict), self.settings.max_batch
        self.batcher = Batcher(ask, most, self._count_batch, size_of=count_snapshots)
        self.explainer = Explainer(self.batcher)
        if self.state is State.LOADING:
            self.state = State.READY
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.batcher.run())
                tasks.create_task(self._watch(collector))
                tasks.create_task(self._look_after_thread())
        except* Exception:
            # Better no server than one that answers nobody; who still waits is told so, if that can be.
            log.exception("The batcher stopped")
            self._fail(StartError("Expected to go on serving, but the batcher stopped, see the log"))
            with contextlib.suppress(Exception):
                await self.batcher.run()
        finally:
            await self.explainer.close()
            await self.decoder.close()
            await self.bulk_decoder.close()
            self._thread.end()

    async def _start_thread(self) -> None:
        """Have a new predict thread load the models; one that hangs over that would be waited for forever."""
        try:
            await asyncio.wait_for(self._thread.start(), LOADING_S)
        except TimeoutError:
            self._fail(StartError(f"Expected the models to be loaded within {LOADING_S:g} s"))
        except StartError as failure:
            self._fail(failure)
        except Exception as fault:
            log.exception("The models could not be loaded")
            self._fail(StartError(f"Expected to load the models, but: {type(fault).__name__}, see the log"))

    async def _look_after_thread(self) -> None:
        """Replace the predict thread when it can't go on; fail rather than do that again and again."""
        while not self.failure:
            await asyncio.sleep(_WATCH_S)
            trouble = self._thread.trouble(_PATIENCE)
            if trouble is None:
                continue
            log.error("The predict thread %s: starting another", trouble)
            now = time.monotonic()
            self._replaced_at = [*(at for at in self._replaced_at if now - at < _MEMORY_S), now]
            self.metrics.thread_restarts += 1
            if len(self._replaced_at) > _MAX_REPLACED:
                self._fail(
                    StartError(f"Expected to go on predicting, but the thread {trouble} again and again")
                )
            else:
                self.state = State.RESTARTING if self.state is State.READY else self.state
                await self._start_thread()
                self.state = State.READY if self.state is State.RESTARTING else self.state

    def _fail(self, failure: StartError) -> None:
        if self.failure:
            return
        self.failure, self.state = failure, State.FAILED
        self._thread.end()
        self.on_failure()

    @property
    def health(self) -> str:
        """Say why sessions should go elsewhere; "ready" if they should not."""
        is_stuck = self.state is State.READY and self.batcher.busy_s > _STUCK_S
        return "stuck" if is_stuck else self.state.value

    @property
    def is_predicting(self) -> bool:
        """Somebody waits for a batch that is under way."""
        is_serving = self._is_loaded.is_set() and self.state in (State.READY, State.DRAINING)
        return is_serving and self.batcher.is_predicting

    def _count_batch(self, cut: Cut) -> None:
        if cut.size:
            self.metrics.batch_size.observe(cut.size)
            self.metrics.predict_s.observe(cut.done_at - cut.began_at)

    async def _watch(self, collector: garbage.Collector) -> None:
        """Measure how late the event loop is; now and then, end sessions whose time is up, and tidy."""
        for tick in itertools.count():
            asleep_at = time.perf_counter()
            await asyncio.sleep(_WATCH_S)
            now = time.perf_counter()
            # A timer may be up to a millisecond early.
            self.metrics.loop_lag_s.observe(max(0.0, now - asleep_at - _WATCH_S))
            if tick % _CHECK_EVERY == 0:
                # One by one here, the last would be kept in memory while this sleeps.
                self.members.check(now)
                collector.tidy()

    async def until_loaded(self) -> None:
        """Wait until the models are loaded, or can't be."""
        await self._is_loaded.wait()

    async def until_ready(self) -> None:
        """Wait while the models load. Raises Overloaded when the service is not, or no longer, to be had."""
        if self.state is State.LOADING:
            try:
                await asyncio.wait_for(self._is_settled.wait(), _MAX_WAIT_FOR_READY_S)
            except TimeoutError:
                raise Overloaded("Expected the models to be loaded, but they still are loading") from None
        if self.state not in (State.READY, State.RESTARTING):
            raise Overloaded(f"Expected a server that is ready, but this one is {self.state.value}")

    def numbers(self) -> "list[Metric]":
        """List what this process has measured."""
        return collect(
            self.metrics, self.members.counts(), self.state is State.READY, len(asyncio.all_tasks())
        )

    async def _own_numbers(self) -> "list[Metric]":
        return self.numbers()

    async def drain(self) -> None:
        """Let nobody in, say goodbye to everyone, and return when all have gone, or time is up."""
        if not self.failure:
            self.state = State.DRAINING
        self._is_settled.set()
        patience_s = self.settings.drain_s
        until = time.monotonic() + patience_s
        last_call_s = patience_s - min(patience_s / 4, _LAST_WORD_S)
        last_call = asyncio.get_running_loop().call_later(last_call_s, self._thread.end)
        await self.members.see_off()
        last_call.cancel()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.uploads.until_free(), until - time.monotonic())
        self.is_over = True

    # ---- in the predict thread

    def _load(self) -> Models:
        weights, engine = self.settings.weights, self.settings.engine
        cards = recogniser.find_cards(weights)
        default = recogniser.choose_model(cards, self.settings.model)
        models = Models({card.name: self._load_one(card, weights, engine) for card in cards})
        line = Waiting(Snapshot(0, 0, ink.from_strokes([[(0, 0), (1, 1)]])), 0.0)
        for card in cards:
            # The recognisers have warmed up; what renders and judges has not.
            models(card.name, Question.about([line]))
        # At once, when all is loaded: the event loop has shown those of the thread before till now.
        listed = [Model(card.name, card.name == default, card.summary) for card in cards]
        self.cards, self.models = cards, listed
        return models
