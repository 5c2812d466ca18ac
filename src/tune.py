"""Search for a better configuration: ``python src/tune.py --trials 50``."""

import sys

from weitiao.run.stop import watch

if __name__ == "__main__":
    watch()  # a signal that comes while optuna and torch are imported must not kill
    from weitiao.tuning.cli import main

    sys.exit(main())
