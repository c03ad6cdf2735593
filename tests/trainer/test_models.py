"""Networks: what is trained fast is what is served."""

import numpy as np
import pytest

from tests.trainer.samples import USES_TENSORFLOW
from trainer.errors import ModelError

pytestmark = USES_TENSORFLOW

IMAGES = np.random.default_rng(1).random((64, 28, 28, 1), np.float32)
LABELS = np.arange(64) % 10


def test_what_a_fast_model_learns_is_what_the_served_one_would() -> None:
    import keras

    from trainer import models

    keras.utils.set_random_seed(1)
    fast, plain = models.build_to_train("compact", 11), models.build("compact", 11)
    plain.set_weights(fast.get_weights())
    for model in (fast, plain):
        model.get_layer(index=-2).rate = 0.0
        model.compile(keras.optimizers.SGD(0.01), "sparse_categorical_crossentropy")
        model.fit(IMAGES, LABELS, batch_size=32, epochs=1, shuffle=False, verbose=0)
    for learnt, expected in zip(fast.get_weights(), plain.get_weights(), strict=True):
        # The fused kernel's moving variance is of a sample (n - 1), Keras's of all (n).
        np.testing.assert_allclose(learnt, expected, rtol=0.01, atol=1e-3)


def test_a_fast_models_weights_serve_the_same_scores() -> None:
    from trainer import models

    fast, served = models.build_to_train("wide", 11), models.build("wide", 11)
    served.set_weights(fast.get_weights())
    np.testing.assert_allclose(fast.predict(IMAGES, verbose=0), served.predict(IMAGES, verbose=0), atol=1e-6)


def test_every_model_answers_with_probabilities() -> None:
    from trainer import models

    for name in models.NAMES:
        scores = models.build(name, 11).predict(IMAGES[:2], verbose=0)
        assert scores.shape == (2, 11)
        np.testing.assert_allclose(scores.sum(1), 1, rtol=1e-5)


def test_a_teacher_in_bfloat16_answers_nearly_the_same() -> None:
    from trainer import models

    teacher = models.build("compact", 11)
    exact = teacher.predict(IMAGES, verbose=0)
    answers = models.in_precision(teacher, "bfloat16").predict(IMAGES, verbose=0)
    assert answers.dtype == np.float32
    assert 0 < np.abs(answers - exact).max() < 0.02


def test_a_precision_that_there_is_not_is_refused() -> None:
    from trainer import models

    with pytest.raises(ModelError, match="float32, bfloat16, got 'int3'"):
        models.build_to_train("mlp", 10, "int3")
