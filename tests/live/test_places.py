"""Places: how many may do something at once, in all and from one address."""

import pytest

from live.errors import Overloaded
from live.places import Places


async def test_one_address_does_not_take_them_all() -> None:
    places = Places(3, "uploads", 2)
    for _ in range(2):
        places.take("a")
    with pytest.raises(Overloaded, match="Expected at most 2 uploads at once from one address"):
        places.take("a")
    places.take("b")
    with pytest.raises(Overloaded, match="Expected at most 3 uploads at once, got one more"):
        places.take("c")
    places.give_back("a")
    places.take("a")


async def test_this_machine_may_take_them_all() -> None:
    places = Places(3, "uploads", 2)
    for _ in range(3):
        places.take("")
