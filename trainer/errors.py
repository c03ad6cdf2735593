"""What can go wrong for a person who trains: each message says what was expected and what came."""


class TrainerError(Exception):
    """Anything that the command line reports as one line rather than as a traceback."""

    exit_status = 1


class DataError(TrainerError):
    """Data is missing, damaged or not what its name says."""


class MissingDependencyError(TrainerError):
    """A library that the command needs is not installed."""


class ModelError(TrainerError):
    """A trained model or its card is missing or does not agree with itself."""


class StoppedError(TrainerError):
    """A training was stopped with Ctrl+C."""

    exit_status = 130
