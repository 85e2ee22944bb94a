"""What a decoding strategy is, and the strategies by name."""

import abc
import dataclasses
import random
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from keras import ops

from rnn_zoo.config import nearest
from rnn_zoo.decoding.checks import check_whole_number
from rnn_zoo.decoding.decoded import Decoded
from rnn_zoo.decoding.step import Step
from rnn_zoo.errors import ConfigError, shortened

MAX_LENGTH = 100_000  # tokens of a sequence
MAX_SEED = 2**32 - 1


class Strategy(abc.ABC):
    """How to choose the tokens of a sequence.

    A strategy is a value: it holds settings and nothing else, and strategies with equal settings
    are equal. Write your own as a frozen dataclass with a method `search`; whatever takes a
    strategy takes it too.

    Attributes:
        uses_seed: whether `search` draws at random, and so needs a seed.
        n_best: number of sequences that a user wants of each input, with scores; None, the default,
            for the best sequence alone.

    Example:
        >>> import dataclasses
        >>> from keras import ops
        >>> from rnn_zoo import decoding
        >>> @dataclasses.dataclass(frozen=True)
        ... class BeginWith(decoding.Strategy):
        ...     token: int
        ...
        ...     def search(self, step, state, start, *, max_length, **options):
        ...         _, state = step(start, state)
        ...         first = ops.full_like(start, self.token)
        ...         rest = decoding.Greedy().search(
        ...             step, state, first, max_length=max_length - 1, **options
        ...         )
        ...         tokens = ops.concatenate([first[:, None, None], rest.tokens], axis=-1)
        ...         return decoding.Decoded(tokens, rest.lengths + 1, rest.scores)
        >>> def count(tokens, state):
        ...     return ops.one_hot(tokens + 1, 6), state
        >>> start = ops.array([0])
        >>> decoded = decoding.decode(count, (), start, BeginWith(2), max_length=4, end_id=4)
        >>> ops.convert_to_numpy(decoded.tokens).tolist()
        [[[2, 3, 4, 4]]]
    """

    uses_seed: ClassVar[bool] = False
    n_best: int | None = None

    @abc.abstractmethod
    def search(
        self,
        step: Step,
        state: Any,
        start: Any,
        *,
        max_length: int,
        end_id: int | None = None,
        seed: Any = None,
        coverage: Callable[[Any], Any] | None = None,
    ) -> Decoded:
        """Choose sequences; the arguments are those of `decode`, which has checked them.

        Args:
            step: token ids `(batch,)` and a state to logits `(batch, vocabulary)` and the next
                state.
            state: nested tensors, each beginning with the batch axis.
            start: the tokens to start from, `(batch,)`.
            max_length: maximum number of tokens.
            end_id: the token that ends a sequence, or None.
            seed: two integers that decide the draws of a strategy that uses a seed, `(2,)`.
            coverage: the attention that each source position has received so far, as a function of
                the state, or None where there is no attention.

        Returns:
            `n` sequences for each row, the best first.
        """

    def check(
        self,
        *,
        max_length: int,
        has_coverage: bool,  # noqa: ARG002 - for strategies that need it
    ) -> None:
        """Raise a ConfigError where the strategy cannot decode under these conditions.

        Args:
            max_length: maximum number of tokens.
            has_coverage: whether the decoder has attention, which can cover its source.
        """
        check_whole_number("The maximum number of tokens", max_length, 1, MAX_LENGTH)


StrategyT = TypeVar("StrategyT", bound=type[Strategy])
_REGISTERED: dict[str, type[Strategy]] = {}


def decode(
    step: Step,
    state: Any,
    start: Any,
    decoding: Strategy | str = "greedy",
    *,
    max_length: int,
    end_id: int | None = None,
    seed: Any = None,
    coverage: Callable[[Any], Any] | None = None,
) -> Decoded:
    """Decode sequences with a strategy.

    Args:
        step: token ids `(batch,)` and a state to logits `(batch, vocabulary)` and the next state.
        state: nested tensors, each beginning with the batch axis.
        start: the tokens to start from, `(batch,)`. They are not part of the result.
        decoding: a strategy, or the name of one.
        max_length: maximum number of tokens.
        end_id: the token that ends a sequence. With None every sequence has `max_length` tokens.
        seed: for a strategy that draws at random, a whole number or an integer tensor `(2,)`; the
            same seed draws the same tokens. None takes a seed by chance, once for a function that
            is compiled.
        coverage: the attention that each source position has received so far, as a function from
            the state to `(batch, source)`, 1 at padding. A coverage penalty needs it.

    Returns:
        The sequences. Nothing follows an end token, and a row that has ended is no longer computed
        (on JAX, whose shapes are static, it is computed until all rows have ended).

    Raises:
        ConfigError: there is no such strategy, `max_length` or `seed` is out of range, a seed is
            given to a strategy that does not use one, or a coverage is missing.
    """
    strategy = get(decoding)
    strategy.check(max_length=max_length, has_coverage=coverage is not None)
    if not ops.is_tensor(seed):
        seed = resolve_seed(strategy, seed)
        seed = None if seed is None else [seed, 0]
    return strategy.search(
        step, state, start, max_length=max_length, end_id=end_id, seed=seed, coverage=coverage
    )


def resolve_seed(strategy: Strategy, seed: int | None) -> int | None:
    """The seed of a strategy that draws, taken by chance where it is None; else None.

    Raises:
        ConfigError: the seed is out of range, or the strategy does not use one.
    """
    if not strategy.uses_seed:
        if seed is not None:
            raise ConfigError(f"{_name_of(strategy)} decoding draws nothing at random: no seed.")
        return None
    if seed is None:
        return random.randrange(MAX_SEED + 1)
    check_whole_number("seed", seed, 0, MAX_SEED)
    return int(seed)


def register(name: str) -> Callable[[StrategyT], StrategyT]:
    """Give a strategy class a name, by which `get` and the command line know it.

    Raises:
        ConfigError: another strategy has this name, or the class is not a `Strategy`.

    Example:
        `@rnn_zoo.decoding.register("mine")` above the class.
    """

    def add(cls: StrategyT) -> StrategyT:
        if not (isinstance(cls, type) and issubclass(cls, Strategy)):
            raise ConfigError(f"A decoding strategy is a subclass of Strategy, got {cls!r}.")
        other = _REGISTERED.setdefault(name, cls)
        if (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
            raise ConfigError(f"There is a decoding strategy {name!r} already: {other.__name__}.")
        _REGISTERED[name] = cls  # the same class, defined again
        return cls

    return add


def names() -> list[str]:
    """The names of all registered strategies, sorted."""
    return sorted(_REGISTERED)


def get(identifier: Strategy | str) -> Strategy:
    """A strategy as it is, or the one of that name with its default settings.

    Raises:
        ConfigError: there is no such strategy; the message has the nearest names.

    Example:
        >>> get("beam")
        Beam(width=5, length_penalty=0.0, coverage_penalty=0.0, n_best=None)
    """
    return from_options(identifier)


def from_options(identifier: Strategy | str, **options: Any) -> Strategy:
    """A strategy with the options that were given; options that are None were not.

    Args:
        identifier: a strategy, some of whose settings are replaced, or a name.
        **options: settings of the strategy.

    Raises:
        ConfigError: there is no such strategy, or it does not have an option; the message names the
            strategies that have it.

    Example:
        >>> from_options("sample", temperature=0.5, width=None)
        Sample(temperature=0.5, top_k=None, top_p=None)
    """
    cls = type(identifier) if isinstance(identifier, Strategy) else _class_of(identifier)
    options = {name: value for name, value in options.items() if value is not None}
    fields = {field.name: field for field in _fields(cls)}
    for option in options:
        if option not in fields:
            raise ConfigError(_misplaced(option, cls))
    if isinstance(identifier, Strategy):
        replaced: Any = identifier
        return dataclasses.replace(replaced, **options) if options else identifier
    required = [
        name
        for name, field in fields.items()
        if field.default is field.default_factory is dataclasses.MISSING and name not in options
    ]
    if required:
        raise ConfigError(f"{identifier} decoding needs {', '.join(required)}.")
    return cls(**options)


def _class_of(name: Any) -> type[Strategy]:
    if isinstance(name, str) and name in _REGISTERED:
        return _REGISTERED[name]
    registered = ", ".join(names())
    if isinstance(name, str):
        raise ConfigError(
            f"There is no decoding strategy {shortened(name)}; there are {registered}."
            f"{nearest(name[:40], names())}"
        )
    kind = f"the class {name.__name__}" if isinstance(name, type) else shortened(name)
    raise ConfigError(
        "decoding should be a strategy, such as rnn_zoo.decoding.Beam(width=5), or one of "
        f"{registered}; got {kind}."
    )


def _misplaced(option: str, cls: type[Strategy]) -> str:
    takers = [name for name in names() if option in {f.name for f in _fields(_REGISTERED[name])}]
    own = ", ".join(field.name for field in _fields(cls)) or "no options"
    message = f"{_name_of(cls)} decoding has no option {option!r}; it has {own}."
    return f"{message} {option!r} is an option of {' and '.join(takers)}." if takers else message


def _fields(cls: type[Strategy]) -> tuple[dataclasses.Field, ...]:
    return dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()


def _name_of(strategy: Strategy | type[Strategy]) -> str:
    """The name a strategy is registered under, else that of its class."""
    cls = strategy if isinstance(strategy, type) else type(strategy)
    return next((name for name, other in _REGISTERED.items() if other is cls), cls.__name__)
