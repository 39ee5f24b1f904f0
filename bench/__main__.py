"""``python -m bench`` is ``mnp-bench``."""

from bench.cli import main

if __name__ == "__main__":
    main()
