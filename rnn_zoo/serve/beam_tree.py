"""A beam search that keeps every hypothesis it had, as a tree."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from rnn_zoo.decoding.beam_search import BeamSearch, Candidates, Loop
from rnn_zoo.decoding.step import IMPOSSIBLE

ROOT = 0


class Node(NamedTuple):
    """A hypothesis, which is a path from the root.

    Attributes:
        parent: the number of the node before it; None of the root.
        token: the id of its last token.
        probability: of that token after those before it.
        score: of the hypothesis, with the penalties of the search.
    """

    parent: int | None
    token: int
    probability: float
    score: float


@dataclass
class BeamTree:
    """The hypotheses of a search.

    Attributes:
        nodes: all of them, each behind its parent; the first is the root, without a token.
        best: the numbers of those that were left at the end, the best first.
    """

    nodes: list[Node] = field(default_factory=lambda: [Node(None, -1, 1.0, 0.0)])
    best: list[int] = field(default_factory=list)

    def path(self, number: int) -> list[int]:
        """The numbers of the nodes from below the root to this one."""
        found: list[int] = []
        at: int | None = number
        while at is not None and at != ROOT:
            found.append(at)
            at = self.nodes[at].parent
        return found[::-1]

    def tokens(self, number: int) -> list[int]:
        """The token ids of a hypothesis."""
        return [self.nodes[at].token for at in self.path(number)]


class TracedBeamSearch(BeamSearch):
    """The search of `Beam` for one row, step by step in Python; see `BeamSearch`."""

    def trace(self, state: Any, start: Any) -> BeamTree:
        """Search from a state and the token to start from, `(1,)`."""
        self.tree = BeamTree()
        self._slots = [ROOT] * self.width  # the node of each slot
        loop = self.first(state, start)
        for _ in range(self.max_length):
            if np.all(loop.ended):
                break
            loop = self.advance(loop)
        scores = np.asarray(self.score(loop.total, loop.length, loop.bonus))[0]  # (width,)
        order = np.argsort(-scores, kind="stable")
        self.tree.best = [self._slots[slot] for slot in order if np.isfinite(scores[slot])]
        return self.tree

    def select(self, loop: Loop, candidates: Candidates) -> tuple[Loop, Any, Any]:
        """As the search does, and a node for each hypothesis that is new."""
        chosen, score, source_slot = super().select(loop, candidates)
        token, total, scores = (np.asarray(x)[0] for x in (chosen.token, chosen.total, score))
        before, ended = np.asarray(loop.total)[0], np.asarray(loop.ended)[0]
        slots = list(self._slots)
        for slot, source in enumerate(np.asarray(ops.reshape(source_slot, (-1,)))):
            parent = slots[source]
            self._slots[slot] = parent
            if not ended[source] and total[slot] > IMPOSSIBLE / 2:
                gain = float(np.exp(total[slot] - before[source]))
                self.tree.nodes.append(Node(parent, int(token[slot]), gain, float(scores[slot])))
                self._slots[slot] = len(self.tree.nodes) - 1
        return chosen, score, source_slot
