"""The loop: orders in, decided panels out. Generating, observing and repairing run side by side.

This thread alone decides and keeps the books. Pictures are made in threads (`series.run.asking`), observed in
worker processes, repaired in a thread. What a panel does next depends on its own pictures only, so the order
in which answers come changes nothing but the time; a resumed run tells each panel's loop its stored answers
again and goes on where they end.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from consistency import Desk, Tolerances, Verdict, Waiting, judge
from series.errors import SeriesError
from series.generators.generator import FailureKind
from series.measure import measure_one, series_results
from series.memory import Memory
from series.pinned import Pinned, request_for
from series.plan import FrameOrder
from series.reinforce import Limits, best_of
from series.reinforce.attempt import Accept
from series.reinforce.repair import repaired_png
from series.run.answer import Answer, Asked
from series.run.asking import Arrived, Freed
from series.run.drawing import Drawing
from series.run.events import Event, Events, MeasuredOne, Mended, Seen
from series.run.frame_loop import Ask, Done, Fix, FrameLoop, Looked
from series.run.images import Images
from series.run.lanes import ELSEWHERE, Lane, Lanes
from series.run.prepare import Makers
from series.run.ran import Ran
from series.run.recall import recovered
from series.run.retell import found_in, state_of
from series.run.store import Store

if TYPE_CHECKING:
    from series.report.live import RunEvents

SERIES_ROUNDS = 2
"""Times that accepted frames are looked at as a series and opened again: the second answers what the first
changed; more would chase the tail of a comparison that moves with every new frame."""
REPAIRERS = 1
"""Threads that repair pictures: a repair takes less time than observing its result."""
MEASURERS = 1
"""Threads that measure what was observed: one keeps up, since it takes a quarter of the time of observing."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """Everything that a run works with, opened and closed by its caller."""

    makers: Makers
    store: Store
    images: Images
    desk: Desk
    memory: Memory
    pinned: Pinned
    tolerances: Tolerances
    off: frozenset[str]
    limits: Limits
    budget: float | None
    """US dollars for the whole series, earlier runs included; None for no limit."""
    again: bool = False
    """A person agreed to ask anew for pictures that may have been billed already."""


@dataclass(slots=True, eq=False)
class _Answered:
    """A try whose pictures are being looked at."""

    answer: Answer | None
    """None for a repair."""
    images: tuple[str, ...]
    missing: int


class Run:
    """Drives the loops of all panels until each is done, or nothing more may be asked for."""

    def __init__(
        self,
        orders: Sequence[FrameOrder],
        equipment: Equipment,
        watcher: RunEvents,
        chosen: Collection[str] | None = None,
    ) -> None:
        """chosen: panels that may be asked for; None for all."""
        self._shop, self._watcher = equipment, watcher
        self._orders = {order.panel: order for order in orders}
        self._chosen = frozenset(self._orders if chosen is None else chosen)
        self._events, self._leaving = Events(), threading.Event()
        makers = equipment.makers
        self._lanes = Lanes(
            makers.loaded.values(),
            makers.choices,
            equipment.images,
            self._events.put,
            wait=self._leaving.wait,
        )
        self._past = recovered(equipment.store, makers)
        self._ledger = equipment.store.ledger()
        drawing = Drawing(equipment.images)
        self._loops = {
            panel: FrameLoop(order, self._past.start(panel), limits=equipment.limits, desk=drawing)
            for panel, order in self._orders.items()
        }
        self._ran = Ran(self._loops)
        self._broke = False
        self._looking: dict[str, _Answered] = {}
        self._sent: dict[Asked, float] = {}
        """Sent, and without an answer in the books → US dollars."""
        self._at_desk = 0
        self._mending = 0
        self._error: SeriesError | None = None

    def run(self) -> Ran:
        """→ how it ended. An interruption finishes what was sent, since it is paid for, and goes up."""
        self._watcher.begin(len(self._loops), self._shop.budget)
        self._shop.desk.warm()
        with (
            ThreadPoolExecutor(REPAIRERS, "repair") as self._repairers,
            ThreadPoolExecutor(MEASURERS, "measure") as self._measurers,
        ):
            try:
                for panel in self._loops:
                    self._advance(panel)
                self._until_quiet()
                for left in reversed(range(SERIES_ROUNDS + 1)):
                    if not self._reopen(last=left == 0):
                        break
                    self._until_quiet()
            except KeyboardInterrupt:
                self._leaving.set()
                self._finish_what_was_sent()
                raise
        if self._error is not None:
            raise self._error
        for loop in self._loops.values():
            if not isinstance(loop.step, Done):
                self._unfinished(loop)
        return self._ran

    # --- the clockwork --------------------------------------------------------------------------------

    def _until_quiet(self) -> None:
        while True:
            self._send()
            if not (self._lanes.busy or self._at_desk or self._mending or self._may_send()):
                return
            try:
                self._handle(self._events.get(timeout=self._patience()))
            except queue.Empty:
                for late in self._lanes.overdue():
                    self._came(late, in_time=True)

    def _patience(self) -> float | None:
        """Seconds until something has to be done though nothing came."""
        soonest = self._lanes.next_deadline_s()
        if self._may_send():
            soonest = min(soonest, self._lanes.wait_s())
        return None if soonest == float("inf") else max(soonest, 0.001)

    def _may_send(self) -> bool:
        return self._lanes.waiting and not self._broke and self._error is None

    def _send(self) -> None:
        while self._may_send():
            panel = self._lanes.pop()
            if panel is None:
                return
            step = self._loops[panel].step
            if isinstance(step, Ask) and not self._held_back(panel, step):
                lane = self._lanes[step.generator]
                self._look_whether_ready(lane)
                if lane.down:
                    self._elsewhere(panel, step, lane.down)
                elif self._error is None:
                    self._ask(panel, step)

    def _handle(self, event: Event) -> None:
        if isinstance(event, Freed):
            self._lanes.freed(event.asked)
        elif isinstance(event, Arrived):
            self._came(event, in_time=self._lanes.arrived(event.asked))
        elif isinstance(event, Seen):
            self._seen(event)
        elif isinstance(event, MeasuredOne):
            self._at_desk -= 1
            self._found(event)
        else:
            self._mending -= 1
            self._mended(event)

    def _finish_what_was_sent(self) -> None:
        """Wait for what is paid for. What costs nothing is asked for again by the next run. A second
        interruption leaves now, and says what money is not known then."""
        try:
            if self._unpaid_for():
                self._watcher.stopping(len(self._unpaid_for()))
            while self._unpaid_for() and self._lanes.busy:
                self._keep_next()
        except KeyboardInterrupt:
            left = self._unpaid_for()
            panels = tuple(sorted({asked.panel for asked in left}))
            loaded = self._shop.makers.loaded
            once = all(loaded[asked.generator].generator.abilities.idempotent for asked in left)
            self._watcher.left(panels, sum(left.values()), billed_once=once)
            raise

    def _unpaid_for(self) -> dict[Asked, float]:
        """Requests that cost money and have no answer in the books → US dollars."""
        return {asked: usd for asked, usd in self._sent.items() if usd}

    def _keep_next(self) -> None:
        soonest = self._lanes.next_deadline_s()
        try:
            event = self._events.get(timeout=None if soonest == float("inf") else max(soonest, 0.001))
        except queue.Empty:
            for late in self._lanes.overdue():
                self._settle(late)
            return
        if isinstance(event, Freed):
            self._lanes.freed(event.asked)
        elif isinstance(event, Arrived):  # also one that was given up before: it says what it cost
            self._lanes.arrived(event.asked)
            self._settle(event)

    def _settle(self, arrived: Arrived) -> None:
        self._shop.store.settle(arrived.asked, arrived.answer)
        self._sent.pop(arrived.asked, None)

    # --- one panel's next step --------------------------------------------------------------------------

    def _advance(self, panel: str) -> None:
        loop = self._loops[panel]
        step = loop.step
        if isinstance(step, Done):
            self._done(loop, step)
        elif isinstance(step, Fix):
            self._mending += 1
            self._repairers.submit(self._repair, panel, step)
        else:
            self._recall_or_queue(panel, step)

    def _recall_or_queue(self, panel: str, step: Ask) -> None:
        asked = _asked(panel, step)
        move = self._past.move(asked)
        if move is not None:
            self._loops[panel].moved(self._shop.makers.maker(panel, move.generator), move.reason)
            self._advance(panel)
            return
        known = self._shop.store.answer(asked)
        if known is not None and known.final:
            self._look(panel, _Answered(known, known.images, len(known.images)))
        elif panel in self._chosen:
            position, images = self._orders[panel].index, step.request.candidates
            self._lanes.push(step.generator, step.number, position, panel, images)

    def _held_back(self, panel: str, step: Ask) -> bool:
        """Whether it may have been billed already, and nobody agreed to pay twice."""
        asked = _asked(panel, step)
        if asked not in self._past.unknown:
            return False
        if self._shop.again:
            self._shop.store.forgive(asked)
            return False
        reason = "the last run ended before its answer came, and it may have been billed; --again asks anew"
        self._loops[panel].answered((), failure=FailureKind.TIMEOUT, reason=reason)
        self._advance(panel)
        return True

    def _look_whether_ready(self, lane: Lane) -> None:
        """Before its first request: a key, a package, a model that is still served."""
        if lane.ready:
            return
        lane.ready = True
        try:
            lane.generator.ready()
        except SeriesError as error:
            makers = self._shop.makers
            if makers.auto or lane.name != next(iter(makers.loaded)):
                lane.stopped = str(error)
            else:  # the one that the manifest asks for: nobody meant to go on without it
                self._error = self._error or error

    def _ask(self, panel: str, step: Ask) -> None:
        asked, lane = _asked(panel, step), self._lanes[step.generator]
        usd = lane.generator.price(step.request)
        already = self._shop.store.open_usd(asked)
        if not self._ledger.may_reserve(usd, self._shop.budget, already):
            self._broke, self._ran.stopped = True, self._out_of_money(usd)
            return
        try:
            self._shop.store.reserve(asked, usd=usd, request="")
            self._ledger = self._ledger.reserved(usd, already)
            self._watcher.asked(panel, step.number)
            self._sent[asked] = usd
        except KeyboardInterrupt:
            self._sent.pop(asked, None)
            self._shop.store.release(asked)
            raise
        lane.account.breaker.sent()
        lane.account.courier.send(asked, step.request, lane.generator)

    def _elsewhere(self, panel: str, step: Ask, reason: str) -> None:
        """Ask another generator, where one is left; else the panel is left as it is."""
        name = self._lanes.elsewhere(panel, step.generator)
        if not name:
            several = len(self._shop.makers.loaded) > 1
            self._ran.stopped = self._ran.stopped or (f"{step.generator}: {reason}" if several else reason)
            return
        self._shop.store.moved(_asked(panel, step), number=step.number, generator=name, reason=reason)
        self._loops[panel].moved(self._shop.makers.maker(panel, name), reason)
        self._watcher.judged(panel, step.number, None, f"goes to {name}: {reason}")
        self._advance(panel)

    def _out_of_money(self, usd: float) -> str:
        budget = self._shop.budget or 0.0
        left = self._ledger.room(self._shop.budget)
        return (
            f"the next picture costs ${usd:.3f}, and ${left:.3f} of ${budget:.2f} is left: "
            f"raise budget.usd in the manifest, or --budget, and run again; everything made so far is kept"
        )

    # --- what came --------------------------------------------------------------------------------------

    def _came(self, arrived: Arrived, *, in_time: bool) -> None:
        asked, answer = arrived.asked, arrived.answer
        self._settle(arrived)
        if not in_time:
            return  # given up before; the next run finds it
        self._ledger = self._shop.store.ledger()
        loop = self._loops[asked.panel]
        self._watcher.answered(
            asked.panel, len(loop.attempts) + 1, answer.seconds, answer.usd, pictures=len(answer.images)
        )
        said = self._lanes[asked.generator].told(answer.failure, answer.reason)
        if said:
            self._watcher.judged(asked.panel, len(loop.attempts) + 1, None, said)
        if arrived.error is not None:
            self._error = self._error or arrived.error
        elif answer.failure in ELSEWHERE:
            self._failed(asked.panel, answer, answer.failure)
        else:
            self._look(asked.panel, _Answered(answer, answer.images, len(answer.images)))

    def _failed(self, panel: str, answer: Answer, failure: FailureKind) -> None:
        """Another generator may do what this one could not."""
        step = self._loops[panel].step
        if not isinstance(step, Ask):
            raise TypeError("an answer came for what nobody asked")
        self._lanes.failed(panel, step.generator)
        if failure.stops_the_run or self._lanes.elsewhere(panel, step.generator):
            self._elsewhere(panel, step, f"{failure.value}: {answer.reason}")
        else:
            self._look(panel, _Answered(answer, (), 0))

    def _repair(self, panel: str, step: Fix) -> None:
        """In the repair thread."""
        try:
            data = repaired_png(self._shop.images.path(step.image), step.repair, self._orders[panel])
            self._events.put(Mended(panel, self._shop.images.keep(data)))
        except SeriesError as error:
            self._events.put(Mended(panel, "", str(error)))

    def _mended(self, mended: Mended) -> None:
        if mended.image:
            self._look(mended.panel, _Answered(None, (mended.image,), 1))
        else:
            self._loops[mended.panel].repaired(None, mended.reason)
            self._advance(mended.panel)

    # --- looking ----------------------------------------------------------------------------------------

    def _look(self, panel: str, answered: _Answered) -> None:
        self._looking[panel] = answered
        order = self._orders[panel]
        for image in answered.images:
            known = self._shop.memory.recall(image, order, self._shop.images.path(image).name)
            if known is not None:
                self._ran.measured[f"{panel}/{image}"] = known
                answered.missing -= 1
            else:
                request = request_for(order, self._shop.images.path(image), self._shop.pinned)
                self._at_desk += 1
                self._shop.desk.submit(request, partial(self._ring, panel, image))
        if answered.missing == 0:
            self._tell(panel)

    def _ring(self, panel: str, image: str, waiting: Waiting) -> None:
        """In whatever thread the desk was done in."""
        self._events.put(Seen(panel, image, waiting))

    def _seen(self, seen: Seen) -> None:
        """Have it measured beside: answers that come meanwhile do not wait for that."""
        order, shop = self._orders[seen.panel], self._shop
        name = shop.images.path(seen.image).name
        done = self._measurers.submit(
            measure_one, name, order, shop.desk.take(seen.waiting), shop.pinned, shop.off
        )
        done.add_done_callback(lambda ended: self._events.put(MeasuredOne(seen.panel, seen.image, ended)))

    def _found(self, found: MeasuredOne) -> None:
        one = found.ended.result()
        self._shop.memory.keep(one)
        self._ran.measured[f"{found.panel}/{found.image}"] = one
        self._looking[found.panel].missing -= 1
        if self._looking[found.panel].missing == 0:
            self._tell(found.panel)

    def _tell(self, panel: str) -> None:
        """Tell the panel's loop what was found in all pictures of its try."""
        answered, loop = self._looking.pop(panel), self._loops[panel]
        measured = [self._ran.of(panel, image) for image in answered.images]
        looked = [
            Looked(image, judge(one.results, self._shop.tolerances))
            for image, one in zip(answered.images, measured, strict=True)
            if not one.error
        ]
        unreadable = next((one.error for one in measured if one.error), "")
        if answered.answer is None:
            loop.repaired(looked[0] if looked else None, unreadable)
        else:
            failure = answered.answer.failure
            if failure is None and not looked:
                failure = FailureKind.MALFORMED
            loop.answered(
                looked,
                failure=failure,
                reason=answered.answer.reason or unreadable,
                usd=answered.answer.usd,
                seconds=answered.answer.seconds,
            )
        self._note(loop)
        self._advance(panel)

    def _note(self, loop: FrameLoop) -> None:
        attempt = loop.attempts[-1]
        verdict = attempt.assessment.verdict if attempt.assessment is not None else None
        if verdict is not None:
            key = self._shop.memory.key(attempt.image, loop.order)
            self._shop.store.looked(loop.order.panel, attempt.image, key, verdict.value)
        worst = next(iter(found_in(attempt)), "")
        self._watcher.judged(loop.order.panel, attempt.number, verdict, worst)

    # --- done -------------------------------------------------------------------------------------------

    def _done(self, loop: FrameLoop, step: Done) -> None:
        state = state_of(loop)
        best = step.best
        self._shop.store.outcome(
            loop.order.panel,
            state,
            image=best.image if best else "",
            number=best.number if best else 0,
            reason=step.decision.reason,
        )
        self._watcher.finished(loop.order.panel, "accepted" if state == "accepted" else step.decision.reason)

    def _unfinished(self, loop: FrameLoop) -> None:
        best = best_of(loop.attempts)
        image, number = (best.image, best.number) if best is not None else ("", 0)
        reason = self._ran.stopped or "not asked for in the last run"
        self._shop.store.outcome(loop.order.panel, "unfinished", image=image, number=number, reason=reason)

    def _reopen(self, *, last: bool) -> bool:
        """Open accepted panels again that the series as a whole shows to have drifted; the last time a
        person is asked instead. → any?"""
        accepted = {
            panel: self._ran.of(panel, loop.step.best.image)
            for panel, loop in self._loops.items()
            if isinstance(loop.step, Done) and loop.step.best is not None
        }
        found = series_results(list(accepted.values()), self._shop.pinned.encoders, self._shop.off)
        opened = False
        for panel, results in zip(accepted, found, strict=True):
            loop, assessment = self._loops[panel], judge(results, self._shop.tolerances)
            step = loop.step
            if (
                assessment.verdict is Verdict.DRIFTED
                and isinstance(step, Done)
                and isinstance(step.decision, Accept)
            ):
                loop.reopened(assessment, last=last)
                opened = True
                self._advance(panel)
        return opened


def _asked(panel: str, step: Ask) -> Asked:
    return Asked(panel, step.digest, step.repeat, step.generator)
