"""How much compute one inference of a network takes: a network in, a `Workload` out."""
