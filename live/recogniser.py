"""Recognisers: weights and their card → a callable from images to scores.

ink → **recogniser** → verdict: in go images (B, 28, 28), out come scores (B, 10 or 11). Two engines run the
same weights: LiteRT, light and fastest on CPUs, and Keras, for GPUs and for models that come without a card.
Both are imported late: serving with LiteRT never imports TensorFlow.
"""

import hashlib
from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from live.errors import StartError
from live.ink import NORMALISATION, SIDE, Images
from live.verdict import DIGITS, UNCALIBRATED, Calibration, Scores

PREFERRED_MODEL = "compact"
_LITERT_SIZES = (64, 32, 16, 8, 4, 2, 1)
"""One interpreter each: resizing one costs a new allocation. A batch is run in as few pieces as can be, none
padded: between two, the predict thread waits for the interpreter's lock (64 in eight pieces: 164 us of an
answer's processor time, in one: 156)."""
_WARM = 15
"""Images to warm up with: pieces of 8, 4, 2 and 1. An interpreter for more is made when there is a batch for
it. That takes compact 8 ms for one of 64, and memory: all of the four models', 43 MB."""
_KERAS_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
"""A batch is padded up to the next, so that Keras traces the model few times."""

Run = Callable[[Images], Scores]


class File(msgspec.Struct, frozen=True):
    """A weights file, as its card describes it."""

    sha256: str


class Card(msgspec.Struct, frozen=True):
    """What a card must say for the server; the trainer writes more, which `raw` keeps."""

    name: str
    summary: str
    normalisation: int
    files: dict[str, File]
    outputs: int = DIGITS
    calibration: Calibration = UNCALIBRATED
    raw: msgspec.Raw = msgspec.Raw(b"{}")


class Recogniser(NamedTuple):
    """A model, ready to run: `scores` takes (B, 28, 28) images of B ≥ 1 to (B, 10 or 11) probabilities.

    Not thread-safe: one thread calls it.
    """

    card: Card
    scores: Run


Load = Callable[[Card, Path, str], Recogniser]
"""What `load` is, and what may stand in for it: a card, where the weights are, the engine."""


def find_cards(weights: Path) -> list[Card]:
    """Read the cards of a folder of models, or make one up for a single Keras model that has none.

    Raises StartError when there is nothing to serve, a card that can't be read, or two of one name.
    """
    if weights.suffix in (".keras", ".h5"):
        if not weights.is_file():
            raise StartError(f"Expected a Keras model at {weights}, found none")
        name = weights.stem
        return [Card(name, f"Your own model, {weights.name}", NORMALISATION, {weights.name: File("")})]
    paths = sorted(weights.glob("*.json"))
    if not paths:
        raise StartError(f"Expected a folder with cards (NAME.json) or a .keras or .h5 file, got {weights}")
    cards = [_read_card(path) for path in paths]
    named: dict[str, Path] = {}
    for card, path in zip(cards, paths, strict=True):
        if (other := named.setdefault(card.name, path)) != path:
            raise StartError(f"Expected one card of each name, got {card.name} in {other} and in {path}")
    return cards


def choose_model(cards: Sequence[Card], wanted: str) -> str:
    """Choose the default model: the one wanted, or else ours. Raises StartError if it is not there."""
    names = [card.name for card in cards]
    chosen = wanted or (PREFERRED_MODEL if PREFERRED_MODEL in names else names[0])
    if chosen not in names:
        raise StartError(f"Expected one of the models {', '.join(names)}, got {chosen}")
    return chosen


def load(card: Card, weights: Path, engine: str) -> Recogniser:
    """Load a model, check it against its card, and run it at the sizes it will be asked for first.

    weights: the folder where they are, or the Keras file.
    Keras stands in for LiteRT where the platform has no package of that and Keras is installed.

    Raises StartError when the weights don't fit their card, the engine is not installed, or the model
    does not take 28×28 images to ten or eleven probabilities.
    """
    if card.normalisation != NORMALISATION:
        raise StartError(
            f"Expected weights of {card.name} for normalisation {NORMALISATION}, got {card.normalisation}: "
            "train them again"
        )
    if card.outputs not in (DIGITS, DIGITS + 1):
        raise StartError(
            f"Expected {DIGITS} or {DIGITS + 1} outputs on the card of {card.name}, got {card.outputs}"
        )
    has_litert = any(name.endswith(".tflite") for name in card.files)
    can_litert = bool(find_spec("ai_edge_litert") or not find_spec("keras"))
    is_litert = engine == "litert" and has_litert and can_litert
    name = next((name for name in card.files if name.endswith(".tflite") == is_litert), None)
    if name is None:
        raise StartError(f"Expected a file for engine {engine} on the card of {card.name}, found none")
    path = (weights if weights.is_dir() else weights.parent) / name
    _check(path, card.files[name].sha256, card.name)
    run = _load_litert(path) if is_litert else _load_keras(path, card.outputs)
    _warm_up(run, card)
    return Recogniser(card, run)


def _read_card(path: Path) -> Card:
    text = _read(path, "a model card in")
    try:
        card = msgspec.json.decode(text, type=Card)
    except msgspec.MsgspecError as error:
        raise StartError(f"Expected a model card in {path}, but: {error}") from None
    return msgspec.structs.replace(card, raw=msgspec.Raw(text))


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StartError(f"Expected {what} {path}, but: {str(error.strerror).lower()}") from None


def _check(path: Path, expected: str, model: str) -> None:
    """Compare a file with what its model's card says of it: a SHA-256, or nothing."""
    if not path.is_file():
        raise StartError(f"Expected weights at {path}, as the card of {model} says, found none")
    found = hashlib.sha256(_read(path, "weights at")).hexdigest()
    if expected and found != expected:
        raise StartError(f"Expected {path} with SHA-256 {expected}, as its card says, got {found}")


def _warm_up(run: Run, card: Card) -> None:
    """Run a batch of one and one of some, and see that what comes out are probabilities."""
    for size in (1, _WARM):
        scores = run(np.zeros((size, SIDE, SIDE), np.float32))
        if scores.shape != (size, card.outputs):
            raise StartError(f"Expected {card.name} to give {card.outputs} scores, got {scores.shape[1:]}")
        if scores.min() < 0 or not np.allclose(scores.sum(axis=1), 1, atol=1e-3):
            raise StartError(f"Expected {card.name} to end in a softmax: scores that add up to 1, got others")


def _load_litert(path: Path) -> Run:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        raise StartError(
            "Expected LiteRT, or Keras to run the models in its place: "
            "pip install 'live-digits[train]' where TensorFlow has a package for this platform"
        ) from None
    content = path.read_bytes()
    made = cache(partial(_interpreter, Interpreter, content))

    def run(images: Images) -> Scores:
        pieces: list[Scores] = []
        start = 0
        for size in _LITERT_SIZES:
            while len(images) - start >= size:
                interpreter, image, score = made(size)
                interpreter.set_tensor(image, images[start : start + size, ..., None])
                interpreter.invoke()
                pieces.append(interpreter.get_tensor(score))
                start += size
        return np.concatenate(pieces) if len(pieces) > 1 else pieces[0]

    return run


def _interpreter(kind: Any, content: bytes, size: int) -> tuple[Any, int, int]:
    """Make an interpreter for batches of one size; return it with its input's and its output's index."""
    interpreter = kind(model_content=content, num_threads=1)
    image, scores = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.resize_tensor_input(image["index"], (size, SIDE, SIDE, 1))
    interpreter.allocate_tensors()
    # The first run packs the weights.
    interpreter.invoke()
    return interpreter, image["index"], scores["index"]


def _load_keras(path: Path, outputs: int) -> Run:
    try:
        import keras
    except ImportError:
        raise StartError("Expected Keras to run this model: pip install 'live-digits[train]'") from None
    try:
        model = keras.models.load_model(path, compile=False)
    except (ValueError, OSError, TypeError) as error:
        raise StartError(f"Expected a Keras model in {path}, but: {error}") from None
    shape, scores = getattr(model, "input_shape", None), getattr(model, "output_shape", None)
    if shape != (None, SIDE, SIDE, 1) or scores != (None, outputs):
        raise StartError(
            f"Expected a model from (None, {SIDE}, {SIDE}, 1) to (None, {outputs}), got {shape} to {scores}"
        )
    predict = _compiled(model)

    def run(images: Images) -> Scores:
        count = len(images)
        size = next((size for size in _KERAS_SIZES if size >= count), count)
        padded = np.zeros((size, SIDE, SIDE, 1), np.float32)
        padded[:count, ..., 0] = images
        return predict(padded)[:count]

    return run


def _compiled(model: Any) -> Callable[[Images], Scores]:
    """Compile a Keras model's forward pass; `model.predict` costs milliseconds a call."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return lambda images: np.asarray(model.predict_on_batch(images), np.float32)
    import tensorflow as tf

    forward = tf.function(lambda images: model(images, training=False))

    @cache
    def traced(count: int) -> Callable[..., Any]:
        """Trace a size on purpose: TensorFlow warns of a function that it traces again and again itself."""
        concrete: Callable[..., Any] = forward.get_concrete_function(
            tf.TensorSpec((count, SIDE, SIDE, 1), tf.float32)
        )
        return concrete

    return lambda images: np.asarray(traced(len(images))(tf.constant(images)), np.float32)
