"""``python -m wordish``."""

from wordish.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
