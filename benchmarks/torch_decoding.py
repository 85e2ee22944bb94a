"""The networks of benchmarks.decoding in PyTorch, with the weights of ours."""

from typing import Any

import torch
from torch import Tensor, nn

from rnn_zoo.models import NextToken, Seq2Seq

Found = tuple[Tensor, Tensor]
"""Tokens `(rows, steps)` and the log-probability of each row `(rows,)`."""


def tensor(weight: Any) -> Tensor:
    """A copy."""
    return torch.tensor(weight.numpy())


def put(module: nn.Module, **weights: Tensor) -> None:
    """Set the parameters named."""
    with torch.no_grad():
        for name, weight in weights.items():
            getattr(module, name).copy_(weight)


def copy_cell(cell: Any, module: nn.Module, suffix: str = "") -> None:
    """An LSTM's weights: the gates stand in one order, the matrices are transposed."""
    put(
        module,
        **{
            f"weight_ih{suffix}": tensor(cell.kernel).T,
            f"weight_hh{suffix}": tensor(cell.recurrent_kernel).T,
            f"bias_ih{suffix}": tensor(cell.bias),
            f"bias_hh{suffix}": torch.zeros(cell.bias.shape[0]),
        },
    )


def linear(kernel: Any, bias: Any = None, suppressed: list[int] | None = None) -> nn.Linear:
    """A layer with a kernel of ours; suppressed outputs become impossible."""
    kernel = tensor(kernel)
    made = nn.Linear(*kernel.shape, bias=bias is not None)
    put(made, weight=kernel.T)
    if bias is not None:
        bias = tensor(bias)
        bias[suppressed or []] = -1e9
        put(made, bias=bias)
    return made


def log_probability(logits: Tensor, token: Tensor) -> Tensor:
    """Of one token a row, without the others'."""
    return logits.gather(-1, token[:, None])[:, 0] - logits.logsumexp(-1)


class TorchTranslator(nn.Module):
    """A bidirectional LSTM reads, an LSTM writes and attends by a scaled bilinear form."""

    def __init__(
        self, network: Seq2Seq, start: int, end: int, suppressed: list[int], max_length: int
    ):
        super().__init__()
        self.start, self.end, self.max_length = start, end, max_length
        decoder = network.decoder
        words = tensor(network.encoder.get_layer("source_embedding").embeddings)
        reader = network.encoder.get_layer("recurrent_1")
        cell = decoder.cells[0]
        self.source = nn.Embedding.from_pretrained(words)
        self.reader = nn.LSTM(words.shape[1], cell.units // 2, batch_first=True, bidirectional=True)
        copy_cell(reader.forward_layer.cell, self.reader, "_l0")
        copy_cell(reader.backward_layer.cell, self.reader, "_l0_reverse")
        self.target = nn.Embedding.from_pretrained(tensor(decoder.embedding.embeddings))
        self.cell = nn.LSTMCell(self.target.embedding_dim, cell.units)
        copy_cell(cell, self.cell)
        self.key = linear(decoder.attention.key_kernel)
        self.combine = linear(decoder.combine.kernel)
        self.logits = linear(decoder.logits.kernel, decoder.logits.bias, suppressed)

    def encode(self, words: Tensor) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]:
        """The first state, and what there is to attend to."""
        real = words != 0
        packed = nn.utils.rnn.pack_padded_sequence(
            self.source(words), real.sum(1), batch_first=True, enforce_sorted=False
        )
        outputs, last = self.reader(packed)
        memory, _ = nn.utils.rnn.pad_packed_sequence(
            outputs, batch_first=True, total_length=words.shape[1]
        )
        hidden, cell = (torch.cat(list(state), dim=-1) for state in last)
        keys = self.key(memory).transpose(1, 2) / self.cell.hidden_size**0.5
        return (hidden, cell), (keys, memory, ~real[:, None])

    def step(
        self, token: Tensor, state: tuple[Tensor, Tensor], read: tuple[Tensor, Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """One step of as many hypotheses a row as there are tokens for."""
        keys, memory, padding = read
        hidden, cell = self.cell(self.target(token), state)
        query = hidden.view(len(memory), -1, hidden.shape[-1])  # (rows, hypotheses, units)
        scores = torch.bmm(query, keys).masked_fill(padding, -1e9)
        context = torch.bmm(scores.softmax(-1), memory).flatten(0, 1)
        return self.logits(self.combine(torch.cat([hidden, context], -1)).tanh()), (hidden, cell)

    @torch.inference_mode()
    def greedy(self, words: Tensor) -> Found:
        """Stops when all have ended."""
        state, read = self.encode(words)
        rows = len(words)
        token = torch.full((rows,), self.start)
        tokens = torch.full((rows, self.max_length), self.end)
        ended = torch.zeros(rows, dtype=torch.bool)
        total = torch.zeros(rows)
        for t in range(self.max_length):
            logits, state = self.step(token, state, read)
            token = logits.argmax(-1).masked_fill(ended, self.end)
            total += log_probability(logits, token).masked_fill(ended, 0.0)
            tokens[:, t] = token
            ended |= token == self.end
            if ended.all():
                break
        return tokens, total

    @torch.inference_mode()
    def beam(self, words: Tensor, width: int, early: bool = False) -> Found:
        """The best hypothesis; stops when all have ended, or, early, when the best ones have.

        Log-probabilities only fall: nothing overtakes a best hypothesis that has ended.
        """
        state, read = self.encode(words)
        rows = len(words)
        state = tuple(part.repeat_interleave(width, 0) for part in state)
        token = torch.full((rows * width,), self.start)
        tokens = torch.full((rows, width, self.max_length), self.end)
        ended = torch.zeros(rows, width, dtype=torch.bool)
        total = torch.full((rows, width), -1e9)
        total[:, 0] = 0.0
        first = width * torch.arange(rows)[:, None]  # each row's first hypothesis
        for t in range(self.max_length):
            logits, state = self.step(token, state, read)
            gained = logits.log_softmax(-1).view(rows, width, -1)
            itself = torch.full((gained.shape[-1],), -1e9)
            itself[self.end] = 0.0
            gained = torch.where(ended[..., None], itself, gained)
            vocabulary = gained.shape[-1]
            total, best = (total[..., None] + gained).view(rows, -1).topk(width)
            origin = best // vocabulary
            token = (best % vocabulary).flatten()
            source = (first + origin).flatten()
            state = tuple(part[source] for part in state)
            tokens = tokens.view(rows * width, -1)[source].view(rows, width, -1)
            tokens[..., t] = token.view(rows, width)
            ended = ended.gather(1, origin) | (tokens[..., t] == self.end)
            if (ended[:, 0] if early else ended).all():
                break
        return tokens[:, 0], total[:, 0]


class TorchLanguageModel(nn.Module):
    """LSTM layers, one above the other, that sample the next token."""

    def __init__(self, network: NextToken, start: int, suppressed: list[int]):
        super().__init__()
        self.start = start
        decoder = network.decoder
        self.embedding = nn.Embedding.from_pretrained(tensor(decoder.embedding.embeddings))
        cells = decoder.cells
        features = self.embedding.embedding_dim
        self.lstm = nn.LSTM(features, cells[0].units, len(cells), batch_first=True)
        for level, cell in enumerate(cells):
            copy_cell(cell, self.lstm, f"_l{level}")
        self.logits = linear(decoder.logits.kernel, decoder.logits.bias, suppressed)

    @torch.inference_mode()
    def sample(self, rows: int, length: int) -> Found:
        """So many texts, none of which ends."""
        token, state = torch.full((rows,), self.start), None
        tokens, total = [], torch.zeros(rows)
        for _ in range(length):
            hidden, state = self.lstm(self.embedding(token)[:, None], state)
            logits = self.logits(hidden[:, 0])
            token = torch.multinomial(logits.softmax(-1), 1)[:, 0]
            total += log_probability(logits, token)
            tokens.append(token)
        return torch.stack(tokens, 1), total
