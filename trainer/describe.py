"""Describe: a model's card in words, for people, as weights/NAME.md.

export → **describe**. Every number comes from the card; what does not stand on the card is not said.
"""

from typing import Any

_ROWS = (
    ("MNIST test, right", "mnist_test", "accuracy"),
    ("the same without images of disputed labels", "mnist_test_without_disputed", "accuracy"),
    ("pens of unseen writers, right", "pens_validation", "accuracy"),
    ("pens of other donors, right", "pens_test", "accuracy"),
    ("regional forms made from unseen writers' ink, right", "regional_forms", "accuracy"),
    ("pens of unseen writers, calibration error (15 bins)", "pens_validation", "ece"),
    ("the same, temperature fitted on the other half of the writers", "pens_validation", "ece_cross_fitted"),
    ("true digits refused as not a digit", "pens_validation", "refused_as_not_a_digit"),
    ("true digits called unsure", "pens_validation", "unsure"),
    ("unseen letters, symbols and scrawl against digits, AUROC", "not_digits_unseen", "auroc"),
    ("digits kept when 95 % of those are rejected", "not_digits_unseen", "digits_kept_at_95_rejected"),
    ("unseen letters and symbols not believed, as served", "not_digits_letters_unseen", "not_believed"),
    ("unseen scrawl not believed, as served", "not_digits_scrawl_unseen", "not_believed"),
    ("right at 25 % of the ink", "while_drawing", "accuracy_25%"),
    ("right at 50 % of the ink", "while_drawing", "accuracy_50%"),
    ("right at 75 % of the ink", "while_drawing", "accuracy_75%"),
    ("right at 75 % of the ink and to the end", "while_drawing", "settled_75%"),
)

_COUNTED = {
    "auroc": ("pens_validation", "not_digits_unseen"),
    "digits_kept_at_95_rejected": ("pens_validation",),
}
"""Of the metrics that compare groups, those whose n they rest on."""

_SEEDS = (
    ("MNIST test, right", "mnist_test_accuracy", " %"),
    ("pens of unseen writers, right", "pens_validation_accuracy", " %"),
    ("their calibration error", "pens_validation_ece", " %"),
    ("unseen non-digits against digits, AUROC", "not_digits_unseen_auroc", ""),
    ("digits kept when 95 % of those are rejected", "not_digits_unseen_digits_kept_at_95_rejected", " %"),
)

_ONE_DIGIT = """\
- One drawing is one digit. Several digits side by side are to be refused, not read."""
_WRITERS = """\
- MNIST's writers were American, UNIPEN's wrote on tablets of the early nineties. Children's and shaky hands,
  and forms of digits that neither these writers nor the forms made from their ink have, were not measured."""
_WRITERS_OF_MNIST = """\
- MNIST's writers were American and wrote on paper. Pens on tablets, children's and shaky hands, and forms of
  digits that these writers don't have were not measured."""
_ANY_DRAWING = """\
- Letters that look like digits (O, l, S, Z, …) are read as digits: nobody could tell them apart.
- Early in a drawing most ink could become several digits; believe the answer at the last point."""
_CHOSEN = """\
- "Unseen writers" also chose the temperature and the thresholds: three numbers from thousands of drawings."""


def describe(card: dict[str, Any]) -> str:
    """Return a card as Markdown."""
    training = card["training"]
    lines = [
        f"# {card['name']}",
        "",
        card["summary"],
        "",
        f"{card['parameters']:,} parameters; {_cost(card)}",
        f"trained with seed {card['seed']} for {_epochs(training)} ({_sources(card)}).",
        "",
        "| measured | | n |",
        "| --- | ---: | ---: |",
        *(
            f"| {title} | {100 * card['metrics'][group][name]:.2f}{'' if name == 'auroc' else ' %'} "
            f"| {_n(card, group, name)} |"
            for title, group, name in _ROWS
            if name in card["metrics"].get(group, {})
        ),
        "",
        *_seeds(card),
        _flips(card)
        + "Repeat: `python -m trainer evaluate weights/"
        + card["name"]
        + ".json --mnist DIR --unipen PATH`.",
        "",
        "## Limits",
        "",
        *_limits(card),
        "",
    ]
    return "\n".join(lines)


def _n(card: dict[str, Any], group: str, name: str) -> str:
    return " and ".join(f"{card['metrics'][each]['n']:,}" for each in _COUNTED.get(name, (group,)))


def _cost(card: dict[str, Any]) -> str:
    if "cost" not in card:
        return ""
    times = card["cost"]["times_classic"]
    return f"{times} times classic's time for an image (LiteRT, one thread, batches of 32);"


def _seeds(card: dict[str, Any]) -> list[str]:
    """Tell what runs of the same recipe with other seeds reach."""
    if "seeds" not in card:
        return []
    seeds = card["seeds"]
    return [
        f"The same recipe with seeds {', '.join(map(str, seeds['seeds']))}{_images_of(seeds)}:",
        "",
        "| measured | mean | spread | each |",
        "| --- | ---: | ---: | --- |",
        *(
            f"| {title} | {100 * seeds[name]['mean']:.2f}{unit} | {100 * seeds[name]['spread']:.2f} "
            f"| {', '.join(f'{100 * value:.2f}' for value in seeds[name]['values'])} |"
            for title, name, unit in _SEEDS
            if name in seeds
        ),
        "",
    ]


def _images_of(seeds: dict[str, Any]) -> str:
    """Say whether the spread is that of the images made, too; a card may not tell."""
    if "data_seeds" not in seeds:
        return ""
    return ", of the same images" if len(set(seeds["data_seeds"])) == 1 else ", each with images of its own"


def _epochs(training: dict[str, Any]) -> str:
    """Say how long it was trained, and how long before, if it started from another run's weights."""
    before, repeats = training.get("before"), training.get("repeats", 1)
    own = f"{training['epochs']} epochs{f' of {repeats} passes' if repeats > 1 else ''}"
    return f"{_epochs(before)} and then {own}" if before else own


def _sources(card: dict[str, Any]) -> str:
    training = card["training"]
    if training["members"]:
        scans = f" and, of scans, {', '.join(training['scans'])}" if training.get("scans") else ""
        return f"the mean of {', '.join(training['members'])}, the first trained so{scans}"
    taught = f", taught by {training['teacher']}" if training["teacher"] else ""
    if training.get("mnist_teacher"):
        taught += f" and, of MNIST's images, by {training['mnist_teacher']}"
    if taught and training.get("temperature", 1) != 1:
        taught += f", their answers softened by {training['temperature']:g}"
    if card["outputs"] == 10:
        return f"MNIST only{taught}"
    return f"MNIST, UNIPEN's digits, letters and symbols, and generated scrawl{taught}"


def _flips(card: dict[str, Any]) -> str:
    drawing = card["metrics"].get("while_drawing")
    return (
        f"While a digit is drawn the answer changes {drawing['flips']:.2f} times in the mean. "
        if drawing
        else ""
    )


def _limits(card: dict[str, Any]) -> list[str]:
    """Say what the numbers don't: of pens, only where these were measured."""
    if "pens_validation" in card["metrics"]:
        return [_ONE_DIGIT, _WRITERS, _ANY_DRAWING, _CHOSEN]
    return [_ONE_DIGIT, _WRITERS_OF_MNIST, _ANY_DRAWING]
