"""Trained models as folders that one can share: settings, vocabularies, weights, a card, sums."""

from rnn_zoo.presets.card import Card
from rnn_zoo.presets.packaged import PackagedWeights, packaged_weights
from rnn_zoo.presets.preset import FORMAT, Preset, PresetConfig
from rnn_zoo.presets.sources import locate

__all__ = [
    "FORMAT",
    "Card",
    "PackagedWeights",
    "Preset",
    "PresetConfig",
    "locate",
    "packaged_weights",
]
