"""Commands that report a mistake of the user in a line, and functions that print."""

import warnings
from collections.abc import Iterable
from typing import Any

import click

from rnn_zoo.errors import UserError

MAX_LINE = 800


class UserFacingGroup(click.Group):
    """Commands that answer a mistake with a line on standard error and exit status 2."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command; the examples in its docstring, which is raw, keep their lines."""
        cmd.help = (cmd.help or "").replace("\\b", "\b")  # click's sign for that is a backspace
        super().add_command(cmd, name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        import tensorflow as tf

        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("always", category=UserWarning, module="rnn_zoo")
                warnings.showwarning = _show_warning
                return super().invoke(ctx)
        except click.BadParameter as error:
            short = _shortened(error.message)
            raise click.BadParameter(short, error.ctx, error.param, error.param_hint) from None
        except UserError as error:
            message = str(error)
        except (MemoryError, tf.errors.ResourceExhaustedError):
            message = "The memory does not suffice: lower batch_size, units or max_length."
        except BrokenPipeError:  # the reader has read enough: click ends without a word
            raise
        except OSError as error:
            message = f"{error.filename or 'input or output'}: {error.strerror or error}"
        echo("\n".join(map(_shortened, f"Error: {message}".splitlines())), err=True)
        return ctx.exit(2)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """A warning as a line on standard error, without the place in the code that gave it."""
    echo(_shortened(f"Warning: {message}"), err=True)


def _shortened(line: str) -> str:
    """A line without its middle, where a value in it is very long."""
    half = MAX_LINE // 2
    return line if len(line) <= MAX_LINE else f"{line[:half]}...{line[-half:]}"


def echo(text: str, err: bool = False) -> None:
    """Print a line; bytes of an argument that are no UTF-8 come out as they came in."""
    click.echo(text.encode("utf-8", "surrogateescape"), err=err)


def echo_fields(fields: Iterable[str]) -> None:
    """Print a line of fields with tabs between."""
    echo("\t".join(fields))
