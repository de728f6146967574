"""`python -m series` is `series`."""

from series.cli import main

if __name__ == "__main__":
    main()
