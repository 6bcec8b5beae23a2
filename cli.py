"""Run the command line from a checkout: ``python cli.py train datasets/geyser.csv``."""

from forecaster.commands import cli

if __name__ == "__main__":
    cli()
