"""The command `forecast`: one click command a file, imported only when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

import forecaster
from forecaster.errors import ForecasterError

# Name, module and first line of help of every command. The help is written here too, so that
# `forecast --help` imports none of them; a test compares the two.
COMMANDS: dict[str, str] = {
    "train": "Train on a file and compare with baselines.",
    "predict": "Forecast what comes after the last row.",
    "evaluate": "Score a trained run on new rows.",
    "backtest": "Forecast from many past moments and compare with what came.",
    "tune": "Search for the settings that forecast best, and train with them.",
    "report": "Write a page on a trained run.",
    "plot": "Draw the forecast of a trained run.",
    "inspect": "Say what a file holds, without training.",
    "shard": "Cut a data set into Parquet parts of whole series.",
    "runs": "List trained runs and their scores.",
    "export": "Write the networks of a run as ONNX or Keras files.",
    "datasets": "List the sample data sets, or write one to this folder.",
}


class LazyGroup(click.Group):
    """A group that imports a command when it is called, and turns our errors into click's."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which they are used."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command's object, imported now.

        Args:
            ctx: Of the group.
            cmd_name: As typed.

        Returns:
            The command; None for a name that is none.

        Raises:
            TypeError: The command's file does not hold it.
        """
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"forecaster.commands.{cmd_name}")
        command = getattr(module, cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"forecaster.commands.{cmd_name} has no command of that name")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(self, *args: Any, **settings: Any) -> Any:
        """Run a command line and leave; see ``click.Group.main``.

        Args:
            args: As there.
            settings: As there.

        Returns:
            As there.

        Raises:
            SystemExit: As there.
        """
        try:
            return super().main(*args, **settings)
        except SystemExit as end:
            session = sys.modules.get("forecaster.cluster.session")
            if session is not None:  # else no Ray was there
                session.leave_at_once(end.code)
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; errors that the user can fix end with a message and exit code 1.

        Args:
            ctx: Of the group.

        Returns:
            What the command returned.

        Raises:
            ClickException: In place of an error that the user can fix.
        """
        try:
            return super().invoke(ctx)
        except ForecasterError as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:
            # The reader of our output has gone: nothing is wrong. Point stdout elsewhere, or the
            # interpreter complains when it flushes at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(130)


# The control character keeps click from joining the lines that follow it.
HELP = """Forecast events, intervals, values and stock prices with stacked LSTMs.

\b
forecast train data.csv --look-back 3
forecast predict
"""


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]}, help=HELP)
@click.version_option(forecaster.__version__, prog_name="forecast")
def cli() -> None:
    """Forecast events, intervals, values and stock prices with stacked LSTMs."""
