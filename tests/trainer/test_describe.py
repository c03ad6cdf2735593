"""Cards in words: every measured number with its n, nothing that was not measured."""

from typing import Any

from trainer.describe import describe

CARD: dict[str, Any] = {
    "name": "compact",
    "summary": "The default.",
    "parameters": 12_345,
    "seed": 2,
    "outputs": 11,
    "training": {"epochs": 7, "members": [], "teacher": ""},
    "metrics": {"mnist_test": {"accuracy": 0.9951, "n": 10_000}},
}


def test_measured_numbers_are_told_with_their_n() -> None:
    text = describe(CARD)
    assert "| MNIST test, right | 99.51 % | 10,000 |" in text
    assert "12,345 parameters" in text
    assert "seed 2 for 7 epochs" in text


def test_digits_against_others_are_told_with_the_n_that_counts() -> None:
    metrics = {
        "pens_validation": {"accuracy": 0.99, "n": 2_011},
        "not_digits_unseen": {"auroc": 0.9987, "digits_kept_at_95_rejected": 0.9915, "n": 1_027},
    }
    text = describe({**CARD, "metrics": metrics})
    assert "| unseen letters, symbols and scrawl against digits, AUROC | 99.87 | 2,011 and 1,027 |" in text
    assert "| digits kept when 95 % of those are rejected | 99.15 % | 2,011 |" in text


def test_epochs_are_told_with_how_often_each_is_seen() -> None:
    before = {**CARD["training"], "repeats": 2}
    assert "seed 2 for 7 epochs of 2 passes (" in describe({**CARD, "training": before})
    after = {**CARD["training"], "epochs": 3, "repeats": 1, "before": before}
    assert "seed 2 for 7 epochs of 2 passes and then 3 epochs (" in describe({**CARD, "training": after})


def test_what_was_not_measured_is_not_told() -> None:
    text = describe(CARD)
    assert "pens of other donors" not in text
    assert "classic's time" not in text


def test_an_ensemble_names_its_members() -> None:
    training = {"epochs": 7, "members": ["compact-1", "compact-2"], "teacher": ""}
    assert "the mean of compact-1, compact-2" in describe({**CARD, "training": training})


def test_an_ensemble_names_who_is_heard_about_scans_alone() -> None:
    training = {**CARD["training"], "members": ["wide-1", "compact-1"], "scans": ["fine-1"]}
    assert "the first trained so and, of scans, fine-1" in describe({**CARD, "training": training})


def test_a_pupil_names_its_teachers() -> None:
    training = {**CARD["training"], "teacher": "large", "mnist_teacher": "alone"}
    taught = "scrawl, taught by large and, of MNIST's images, by alone"
    assert f"{taught})" in describe({**CARD, "training": training})
    softened = {**training, "temperature": 3.0}
    assert f"{taught}, their answers softened by 3)" in describe({**CARD, "training": softened})


def test_a_pupil_of_mnist_alone_names_its_teachers_too() -> None:
    training = {**CARD["training"], "teacher": "alone"}
    assert "(MNIST only, taught by alone)" in describe({**CARD, "outputs": 10, "training": training})
    assert "(MNIST only)" in describe({**CARD, "outputs": 10})


def test_limits_of_pens_are_told_of_who_was_measured_on_them() -> None:
    said_of_pens = ("UNIPEN's wrote on tablets", '"Unseen writers" also chose')
    without = describe({**CARD, "outputs": 10}).partition("## Limits")[2]
    assert not any(said in without for said in said_of_pens)
    assert "Pens on tablets, children's and shaky hands" in without
    pens = {**CARD["metrics"], "pens_validation": {"accuracy": 0.99, "n": 2_011}}
    assert all(said in describe({**CARD, "metrics": pens}) for said in said_of_pens)
