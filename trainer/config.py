"""A run's configuration: everything that, with the data, makes the same model again.

Saved as config.json in the run's folder and copied onto the model's card.
"""

import json
from dataclasses import asdict, dataclass, field
from math import inf
from pathlib import Path
from typing import Any, Self

from trainer.errors import ModelError, TrainerError
from trainer.hands import Hand
from trainer.warp import Warp

_MOST = 2**32 - 1
_RANGES = (
    ("seed", 0, _MOST),
    ("data_seed", 0, _MOST),
    ("epochs", 1, _MOST),
    ("repeats", 1, _MOST),
    ("batch", 1, _MOST),
    ("images", 0, _MOST),
    ("pens", 0, _MOST),
    ("others", 0, _MOST),
    ("held_out", 0, _MOST),
)
"""Fields, and the least and the most they may be; what seeds NumPy's older generators has 32 bits."""
_NAMES = ("model", "precision", "start", "teacher", "mnist_teacher")
_MOST_CHANGED = {"deg": 360, "share": 1, "from": 1}
"""By the last word of a field of warp or hand, the most it may be."""
_MOST_CHANGED_ELSE = 20
"""Lengths, and factors' logarithms: from 89 on, factors leave what 32 bits hold."""
_MOST_TEMPERATURE = 100
"""Softened by more, all answers are alike."""
_MALFORMED = (ValueError, TypeError, KeyError, AttributeError)
"""What reading JSON that is no configuration raises."""


@dataclass(frozen=True)
class Config:
    """How a model is trained.

    data_seed: of the images that it is shown and of those held out, so that runs with several seeds may share
    them; None: seed.
    rate: the learning rate's peak; it falls to almost 0 along a cosine.
    repeats: how often an epoch's images are seen before others are made.
    precision: of what is computed, `float32` or `bfloat16`.
    averaging: how much of the exponential average of the weights stays at each step.
    images, pens, others: MNIST's images, pen digits and non-digits in an epoch. Without UNIPEN there are only
    images, and the model has no output for non-digits.
    held_out: how many of MNIST's training images it is not shown, to choose with; 0 once all is chosen.
    start: the name of the run whose weights it starts from, if any.
    teacher: the name of the run whose answers count for half, if any.
    mnist_teacher: the name of the run whose answers about MNIST's images count instead of the teacher's.
    temperature: by which a teacher's answers, and the model's beside them, are softened; 1: not at all.
    members: of an ensemble, the names of the runs that it is made of; the rest is the first one's.
    scans: of an ensemble, the names of the runs that are heard about scans alone.
    """

    model: str
    seed: int = 1
    data_seed: int | None = None
    epochs: int = 26
    repeats: int = 1
    batch: int = 128
    rate: float = 1e-3
    precision: str = "float32"
    averaging: float = 0.999
    images: int = 55_000
    pens: int = 24_000
    others: int = 16_000
    held_out: int = 5_000
    start: str = ""
    teacher: str = ""
    mnist_teacher: str = ""
    temperature: float = 1.0
    members: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()
    warp: Warp = field(default_factory=Warp)
    hand: Hand = field(default_factory=Hand)

    def __post_init__(self) -> None:
        """Raise TrainerError when something is none that can be trained with."""
        for name, least, most in _RANGES:
            value = getattr(self, name)
            is_left_open = name == "data_seed" and value is None
            if not (is_left_open or (isinstance(value, int) and least <= value <= most)):
                raise TrainerError(f"Expected {name} of {least} to {most}, got {value!r}")
        for name in _NAMES:
            if not isinstance(value := getattr(self, name), str):
                raise TrainerError(f"Expected {name} to be a name, got {value!r}")
        for name in ("members", "scans"):
            if not all(isinstance(value, str) for value in getattr(self, name)):
                raise TrainerError(f"Expected {name} to be names, got {list(getattr(self, name))!r}")
        if not (isinstance(self.rate, (int, float)) and 0 <= self.rate < inf):
            raise TrainerError(f"Expected a rate of at least 0, got {self.rate!r}")
        if not (isinstance(self.temperature, (int, float)) and 1 <= self.temperature <= _MOST_TEMPERATURE):
            raise TrainerError(
                f"Expected a temperature of 1 to {_MOST_TEMPERATURE}, got {self.temperature!r}"
            )
        if not (isinstance(self.averaging, (int, float)) and 0 <= self.averaging < 1):
            raise TrainerError(f"Expected averaging of at least 0 and below 1, got {self.averaging!r}")
        for group, changes in (("warp", self.warp), ("hand", self.hand)):
            for name, value in changes._asdict().items():
                _check_change(f"{group}.{name}", value)

    @property
    def seed_of_data(self) -> int:
        """What the images that it is shown, and those held out, are drawn with."""
        return self.seed if self.data_seed is None else self.data_seed

    def save(self, path: Path) -> None:
        """Write the configuration as JSON."""
        path.write_text(json.dumps(self.as_json(), indent=2) + "\n", "utf-8")

    def as_json(self) -> dict[str, Any]:
        """Return what `load` reads."""
        return {**asdict(self), "warp": self.warp._asdict(), "hand": self.hand._asdict()}

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a saved configuration, or a card's; raises TrainerError when path holds none."""
        try:
            fields = json.loads(path.read_text("utf-8"))
            return cls._from_json(fields.get("training", fields))
        except (OSError, *_MALFORMED) as error:
            raise ModelError(f"Expected a saved configuration in {path}: {error}") from error

    @classmethod
    def chain(cls, run: Path) -> list[Self]:
        """Read a run's configuration, that of the run it started from, and so on.

        Raises ModelError when one can't be read.
        """
        found, fields = [], lineage(run)
        try:
            while fields:
                found.append(cls._from_json(fields))
                fields = fields.get("before", {})
        except _MALFORMED as error:
            raise ModelError(f"Expected a saved configuration in {run / 'start.json'}: {error}") from error
        return found

    @classmethod
    def _from_json(cls, fields: dict[str, Any]) -> Self:
        """Take what `as_json` returned, and leave out what the run started from."""
        return cls(
            **{
                **{name: value for name, value in fields.items() if name != "before"},
                "warp": Warp(**fields["warp"]),
                "hand": Hand(**fields["hand"]),
                "members": tuple(fields["members"]),
                "scans": tuple(fields.get("scans", ())),
            }
        )


def lineage(run: Path) -> dict[str, Any]:
    """Return a run's configuration, with `before`: that of the run it started from, and so on.

    Raises ModelError when one can't be read.
    """
    start = run / "start.json"
    try:
        before = {"before": json.loads(start.read_text("utf-8"))} if start.is_file() else {}
    except (OSError, ValueError) as error:
        raise ModelError(f"Expected a saved configuration in {start}: {error}") from error
    return Config.load(run / "config.json").as_json() | before


def _check_change(name: str, value: Any) -> None:
    """Raise TrainerError unless a field of warp or hand is a truth, or a number in its range."""
    words = name.replace(".", "_").split("_")
    if "is" in words:
        if not isinstance(value, bool):
            raise TrainerError(f"Expected {name} to be true or false, got {value!r}")
        return
    most = _MOST_CHANGED.get(words[-1], _MOST_CHANGED_ELSE)
    if not (isinstance(value, (int, float)) and 0 <= value <= most):
        raise TrainerError(f"Expected {name} of 0 to {most}, got {value!r}")
