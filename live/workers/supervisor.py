"""The supervisor: starts workers, replaces those that die, renews them on SIGHUP, ends them on SIGTERM.

Each worker has a socket of its own on the shared port, over which the kernel spreads connections; or a
doorman accepts them all. The supervisor opens the sockets and keeps them, so that what waits in the queue of
a worker that is renewed is served by its successor. The place of one that dies is closed until its successor
has loaded: meanwhile the kernel sends everybody to the others.
"""

import logging
import math
import multiprocessing
import signal
import socket
import time
from collections import deque
from dataclasses import replace
from multiprocessing.connection import Connection, wait

from live.census import Board
from live.errors import StartError
from live.recogniser import choose_model, find_cards
from live.server import announce
from live.service import LOADING_S
from live.settings import Settings
from live.transport.listening import listen, listen_together
from live.workers.doorman import Doorman
from live.workers.machine import Terminal, signals, terminal_signals_blocked
from live.workers.orders import Ask, Drain, Failed, News, Numbers, Post, Ready, Stop
from live.workers.poll import Poll
from live.workers.staff import Place, State, Worker, delay_after
from live.workers.worker import ALIVE_EVERY_S, run

log = logging.getLogger(__name__)

_SILENT_S = 30.0
"""A worker whose event loop has not turned for so long is as good as dead."""
_QUIET_S = 3 * ALIVE_EVERY_S
"""And is sent nobody after that long."""
_EARLY_S = 10.0
"""A worker that dies so early will likely do so again: its successor is made to wait."""
_GRACE_S = 8.0
"""Beyond `drain_s`, for the rest of a worker's end."""
_TICK_S = 0.5


def supervise(settings: Settings, count: int) -> None:
    """Serve with `count` workers until SIGINT or SIGTERM. Raises StartError when that can't be."""
    # What is plainly wrong is said at once, and not by every worker.
    choose_model(find_cards(settings.weights), settings.model)
    by_kernel = settings.spread == "kernel"
    listeners = listen_together(settings, count) if by_kernel else [listen(settings)]
    # Limits on sessions are kept by a census; what is left is shared out in equal parts.
    each = replace(settings, max_uploads=-(-settings.max_uploads // count))
    _Supervisor(each, count, listeners).run()


class _Supervisor:
    """Keeps the places filled. One thread does it all, but for the doorman's."""

    def __init__(self, settings: Settings, count: int, listeners: list[socket.socket]) -> None:
        self._settings = settings
        self._listeners = listeners
        self._port = listeners[0].getsockname()[1]
        self._context = multiprocessing.get_context("spawn")
        # One row more, for a successor.
        try:
            self._board = Board.make(count + 1, self._context)
        except OSError as error:
            reason = str(error.strerror or error).lower()
            raise StartError(f"Expected memory that workers can share, on a file, but: {reason}") from None
        by_kernel = settings.spread == "kernel"
        self._doorman = None if by_kernel else Doorman(listeners[0], self._board.totals)
        self._places = [Place(i, listeners[i] if by_kernel else None) for i in range(count)]
        self._workers: list[Worker] = []
        self._to_renew: deque[Place] = deque()
        self._poll = Poll(self._workers, self._places, self._board)
        self._is_up = self._is_stopping = False
        self._terminal = Terminal()
        self._failure: StartError | None = None

    def run(self) -> None:
        """Serve until told to stop. Raises StartError when no worker could be had from the start."""
        with signals() as signalled:
            try:
                for place in self._places:
                    place.worker = self._start(place)
                if self._doorman:
                    self._doorman.start()
                while self._workers or not self._is_stopping:
                    self._step(signalled)
            finally:
                for worker in self._workers:
                    worker.process.kill()
        if self._failure:
            raise self._failure

    def _step(self, signalled: socket.socket) -> None:
        """Take what comes from workers and from outside; wait for it for a moment."""
        speaking = {worker.control: worker for worker in self._workers if worker.is_heard}
        dying = {worker.process.sentinel: worker for worker in self._workers}
        ready = wait([signalled, *speaking, *dying], _TICK_S)
        for source in ready:
            if source is signalled:
                for number in signalled.recv(64):
                    self._on_signal(number)
            elif isinstance(source, Connection):
                self._hear(speaking[source])
        for source in ready:
            if isinstance(source, int):
                self._bury(dying[source])
        self._look_at_the_clock(time.monotonic())

    def _on_signal(self, number: int) -> None:
        if number == signal.SIGHUP:
            if self._is_stopping:
                return
            if self._terminal.has_closed():
                self._stop()
            elif self._is_up:
                self._to_renew = deque(self._places)
                self._renew_next()
        elif self._is_stopping:
            for worker in self._workers:
                worker.say(Stop())
                worker.kill_at = min(worker.kill_at, time.monotonic() + _GRACE_S)
        else:
            self._stop()

    def _stop(self) -> None:
        """Have all sessions go, everywhere at once: there is nowhere else to go."""
        self._is_stopping = True
        self._to_renew.clear()
        for worker in self._workers:
            if worker.state is State.STARTING:
                worker.process.terminate()
            self._end(worker, is_replaced=False)

    def _start(self, place: Place) -> Worker:
        """Start a worker. Raises StartError when there is no process to be had, or no file."""
        try:
            worker = self._start_process(place)
        except OSError as error:
            raise StartError(f"Expected to start a worker, but: {(error.strerror or '?').lower()}") from None
        self._workers.append(worker)
        self._poll.count_start()
        return worker

    def _start_process(self, place: Place) -> Worker:
        row = min(set(range(len(self._places) + 1)) - {worker.row for worker in self._workers})
        control, its_control = self._context.Pipe()
        channel, its_channel = socket.socketpair() if self._doorman else (None, None)
        post = Post(its_control, self._board, row, place.listener, its_channel)
        process = self._context.Process(target=run, args=(self._settings, post))
        with terminal_signals_blocked():
            process.start()
        its_control.close()
        if its_channel:
            its_channel.close()
        return Worker(place, process, control, channel, row)

    def _hear(self, worker: Worker) -> None:
        try:
            news: News = worker.control.recv()
        except (EOFError, OSError):
            worker.is_heard = False
            return
        worker.heard_at = time.monotonic()
        if worker.state is not State.ENDING:
            worker.kill_at = worker.heard_at + (_SILENT_S if self._is_up else LOADING_S)
        if worker.state is State.SERVING and self._doorman and worker.channel:
            # It may have been silent.
            self._doorman.add(worker.channel, worker.row)
        match news:
            case Ready():
                self._welcome(worker)
            case Failed(reason):
                worker.failure = reason
            case Numbers(families):
                self._poll.hear(worker, families)
            case Ask():
                self._poll.ask(worker)

    def _welcome(self, worker: Worker) -> None:
        """Let a worker that has loaded its models serve, and its predecessor go."""
        if worker.state is State.ENDING:
            return
        worker.state = State.SERVING
        place = worker.place
        if self._doorman and worker.channel:
            self._doorman.add(worker.channel, worker.row)
        if place.successor is worker:
            predecessor, place.worker, place.successor = place.worker, worker, None
            if predecessor:
                self._end(predecessor, is_replaced=True)
            else:
                self._renew_next()
        serving = [place.worker and place.worker.state is State.SERVING for place in self._places]
        if all(serving) and not self._is_up:
            self._is_up = True
            announce(self._listeners[0], self._settings, f"{len(serving)} workers; ")

    def _end(self, worker: Worker, *, is_replaced: bool) -> None:
        worker.state = State.ENDING
        worker.kill_at = time.monotonic() + self._settings.drain_s + _GRACE_S
        if is_replaced and self._doorman and worker.channel:
            self._doorman.remove(worker.channel)
        worker.say(Drain(is_replaced))

    def _bury(self, worker: Worker) -> None:
        """See to what a process that has ended leaves behind: its last words, its numbers, its place."""
        while worker.is_heard and worker.control.poll():
            self._hear(worker)
        self._workers.remove(worker)
        worker.process.join()
        worker.control.close()
        if worker.channel:
            if self._doorman:
                self._doorman.remove(worker.channel)
            worker.channel.close()
        self._board.clear(worker.row)
        self._poll.close_account(worker)
        if self._is_stopping:
            return
        reason = worker.failure or f"Expected a worker to go on, but it ended with {worker.process.exitcode}"
        place = worker.place
        if not self._is_up:
            self._failure = StartError(reason)
            self._stop()
        elif place.successor is worker:
            place.successor = None
            if place.worker:
                self._keep(reason)
            else:
                self._to_renew.clear()
                self._plan_to_fill(place, time.monotonic() - worker.began_at, reason)
        elif place.worker is worker:
            place.worker = None
            self._plan_to_fill(place, time.monotonic() - worker.began_at, reason)
        else:
            self._renew_next()

    def _plan_to_fill(self, place: Place, lived_s: float, reason: str) -> None:
        place.early_deaths = place.early_deaths + 1 if lived_s < _EARLY_S else 0
        if place.successor:
            return
        delay_s = delay_after(place.early_deaths)
        if place.listener:
            # The others are sent what would wait here.
            place.listener.close()
        log.warning("%s: it is replaced in %g s", reason, delay_s)
        place.due_at = time.monotonic() + delay_s

    def _fill(self, place: Place) -> None:
        place.due_at = math.inf
        try:
            if place.listener and place.listener.fileno() < 0:
                place.listener = listen(self._settings, self._port, is_shared=True, is_open=False)
            place.worker = self._start(place)
        except StartError as failure:
            self._plan_to_fill(place, 0.0, str(failure))

    def _renew_next(self) -> None:
        """Start the next successor, unless one is on its way, or a predecessor is."""
        if any(worker.state is State.ENDING or worker.place.successor is worker for worker in self._workers):
            return
        while self._to_renew:
            place = self._to_renew.popleft()
            if place.worker:
                try:
                    place.successor = self._start(place)
                except StartError as failure:
                    self._keep(str(failure))
                return

    def _keep(self, reason: str) -> None:
        """Renew nobody any more."""
        self._to_renew.clear()
        log.error("%s: the workers stay as they are", reason)

    def _look_at_the_clock(self, now: float) -> None:
        """Do what is due."""
        for place in self._places:
            if place.due_at <= now and not self._is_stopping:
                self._fill(place)
        for worker in self._workers:
            is_quiet = worker.state is State.SERVING and now - worker.heard_at > _QUIET_S
            if is_quiet and self._doorman and worker.channel:
                # As nobody enters there, it would seem to have the fewest sessions.
                self._doorman.remove(worker.channel)
            if worker.kill_at <= now:
                log.error("Expected worker %d to answer or to end in time: it is killed", worker.process.pid)
                worker.kill_at = math.inf
                worker.process.kill()
        self._poll.end_if_due(now)
