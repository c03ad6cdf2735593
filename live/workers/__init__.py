"""Several processes that serve as one, on the cores of one machine.

supervisor.py  starts workers, replaces those that die, renews them on SIGHUP, ends them
staff.py       what it knows of each
worker.py      a worker's own side      orders.py   what the two say to each other
doorman.py     accepts for all of them, where the kernel does not spread connections
poll.py        has all of them tell what they measure      totals.py   adds it up
machine.py     cores and signals
"""
