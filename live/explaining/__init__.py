"""Why a prediction is what it is.

explanation.py on the wire
explainer.py   a snapshot and its prediction → why
explain.py     of ink: its pieces, and the Shapley value of each
patcher.py     has pictures explained in a process apart, which is patching.py, by patches.py
tinted.py      shows it as a picture
"""
