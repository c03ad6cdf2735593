"""Fingers and a pen on the page, by way of the browser's own input events."""

from playwright.async_api import CDPSession

from tests.frontend.hand import Line


async def touch(session: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    places = [{"x": x, "y": y} for x, y in points]
    await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})


class Finger:
    """A finger on the page, by way of the browser's own input events."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session

    async def draw(self, line: Line, end: str = "touchEnd") -> None:
        first, *rest = line
        await touch(self._session, "touchStart", first)
        for place in rest:
            await touch(self._session, "touchMove", place)
        await touch(self._session, end)


async def pen(session: CDPSession, kind: str, place: tuple[float, float], force: float) -> None:
    event = {"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1}
    event |= {"pointerType": "pen", "force": force, "buttons": 0 if kind == "mouseReleased" else 1}
    await session.send("Input.dispatchMouseEvent", event)
