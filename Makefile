# make run — 启动（第一次会安装所缺之物并装入示例数据）；make test — 全部测试；其余见 CONTRIBUTING.md
.PHONY: run test test-clients check docs bench bench-memory bench-smoothness bench-resolver lock wheel clean

BIN := .venv/bin
UV ?= uv
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
LOCK := $(COMPILE) pyproject.toml

run:
	@sh scripts/bootstrap.sh runtime
	@$(BIN)/gis-service serve --sample $(ARGS)

test:
	@sh scripts/bootstrap.sh dev
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

test-clients:
	@sh scripts/bootstrap.sh clients
	@TEST_CLIENTS=1 $(BIN)/python -m pytest tests/clients $(ARGS)

check:
	@sh scripts/bootstrap.sh dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench:
	@sh scripts/bootstrap.sh dev
	@$(BIN)/python -m benchmarks.words
	@$(BIN)/python -m benchmarks.speed $(ARGS)

bench-memory:
	@sh scripts/bootstrap.sh dev
	@$(BIN)/python -m benchmarks.memory $(ARGS)

bench-smoothness:
	@sh scripts/bootstrap.sh dev
	@$(BIN)/python -m benchmarks.smoothness
	@$(BIN)/python -m benchmarks.drawing

bench-resolver:
	@sh scripts/bootstrap.sh dev
	@$(BIN)/python -m benchmarks.resolver.bench $(ARGS)

docs:
	@sh scripts/bootstrap.sh dev
	@$(BIN)/python scripts/write_docs.py

wheel:
	@sh scripts/bootstrap.sh runtime
	$(BIN)/python -m hatchling build -t wheel -d dist

lock:
	$(LOCK) --extra build --output-file requirements.lock
	$(LOCK) --extra build --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	$(COMPILE) benchmarks/requirements.in --output-file benchmarks/requirements.lock
	$(COMPILE) tests/ogctests.in --no-emit-package pyarrow --output-file tests/ogctests.lock
	npm install --package-lock-only --ignore-scripts --no-audit --no-fund

# Everything that can be made again; the data in var/ stays.
clean:
	rm -rf .venv .venv-peers node_modules dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
