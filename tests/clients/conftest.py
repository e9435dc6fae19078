"""Programs that `make test` does without: `make test-clients` installs them and runs these tests."""

from __future__ import annotations

import os

collect_ignore_glob = [] if os.environ.get("TEST_CLIENTS") else ["test_*.py"]
