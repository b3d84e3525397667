"""The console script; everything is imported when it runs, so that Ctrl-C meanwhile prints no traceback."""

from __future__ import annotations

import sys

from courtside.loading import quiet_interrupt


def main() -> None:
    """Entry point of the console script."""
    with quiet_interrupt():
        import click

        from courtside.redact import redact
        from courtside_client.commands.group import courtside
        from courtside_client.errors import CourtsideError

    try:
        sys.exit(courtside.main(standalone_mode=False) or 0)
    except click.ClickException as error:
        click.echo(f"courtside: {error.format_message()}", err=True)
        sys.exit(2)
    except CourtsideError as error:
        click.echo(f"courtside: {redact(' '.join(error.message.split()))}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)
    except BrokenPipeError:  # `courtside watch | head`
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
