from types import SimpleNamespace

from joulewise.catalog import records


def architecture(n, c):
    return records.architecture(n)


def configuration(n, c):
    return records.configuration(n)


def generator(n, c):
    return records.generator(n)


def image_network(n, c):
    return records.image_network(n)


def sample_network(n, c):
    return records.sample_network(n)


def language_size(n, c):
    return records.language_size(n)


def unknown_model(n, c):
    return records.unknown_model(n)


def accelerator_spec(n, c):
    return SimpleNamespace(**records.accelerator_spec(n))
