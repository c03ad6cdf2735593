"""Trains, evaluates and exports the models that the server in ``live`` loads."""
