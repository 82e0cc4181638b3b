# From a clean clone: `make demo` runs the product, `make test` runs every test. Both do all of their own set-up.

PYTHON ?= python3
PORT ?= 8000
# Where the demo's gateways run: process, or docker
GATEWAYS ?= process
# What pytest is given, as in: make test TESTS=tests/webapp
TESTS ?=
# Tests mostly wait, so more run at once than there are cores. Each process has services of its own.
JOBS ?= 4

VENV := .venv/bin/python
# Settings want these to be loaded at all; the checks connect to nothing.
CHECK := GATEHOUSE_SECRET_KEY_FILE=pyproject.toml GATEHOUSE_DATABASE_URL=postgresql://nobody@/none?host=/nonexistent \
	GATEHOUSE_REDIS_URL=unix:///nonexistent/redis.sock GATEHOUSE_VAR=var

# The targets share one .venv and one machine, so -j must not run them side by side.
.NOTPARALLEL:
.PHONY: demo test check conformance drills bench screenshot wheels compose-try lock clean

demo:
	@$(PYTHON) deploy/local/install.py $(if $(filter docker,$(GATEWAYS)),--docker)
	@exec $(VENV) -m deploy.local demo --port='$(PORT)' --gateways='$(GATEWAYS)' --with-parent

test:
	@$(PYTHON) deploy/local/install.py --node --chromium --docker --compose
	@$(MAKE) --no-print-directory check
	@npm test --silent
	@$(VENV) -m deploy.local.images
	@# Containers first and alone: each network that comes or goes makes Chromium drop what it is loading.
	@$(VENV) -m pytest -q -n 2 --dist loadfile -m docker $(TESTS) || [ $$? -eq 5 ]
	@$(VENV) -m pytest -q -n $(JOBS) --dist loadfile -m 'not docker' $(TESTS)

check:
	@$(PYTHON) deploy/local/install.py
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	@$(CHECK) $(VENV) -W ignore manage.py makemigrations --check --dry-run
	@$(CHECK) $(VENV) -m mypy
	@$(VENV) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

# The simulator judged by three client libraries, each in an environment of its own; prints request by client.
conformance:
	@$(PYTHON) deploy/local/install.py
	@$(VENV) -m tests.conformance

# The real stack, hurt on purpose: every drill with all of its seeds. DRILLS=--rounds=1 is a short round of all;
# DRILLS="--seed 7 gateway" is one drill.
DRILLS ?= --full
drills:
	@$(PYTHON) deploy/local/install.py
	@exec $(VENV) -m tests.drills $(DRILLS)

bench:
	@$(PYTHON) deploy/local/install.py --chromium
	@$(VENV) -m tests.benchmarks
	@exec $(VENV) -m tests.benchmarks.export

# The README's pictures, taken by the browser test itself.
screenshot:
	@$(PYTHON) deploy/local/install.py --chromium
	@GATEHOUSE_SCREENSHOTS=docs $(VENV) -m pytest -q tests/e2e/test_journey.py

# What deploy/Dockerfile installs, fetched here with this machine's pip and npm, since a build in a container knows no
# index.
wheels:
	@$(PYTHON) deploy/local/install.py
	@$(VENV) -m deploy.production.wheels

# deploy/compose.yml brought up, traded on and taken down. Root alone, and minutes: not a part of `make test`.
compose-try:
	@$(PYTHON) deploy/local/install.py --docker --compose
	@exec $(VENV) -m deploy.trial

# Pins and hashes everything in pyproject.toml. What is pinned already stays, unless UPGRADE=--upgrade.
lock:
	@mkdir -p var && $(PYTHON) -m venv --clear var/lock-venv
	@var/lock-venv/bin/python -m pip install --quiet --disable-pip-version-check uv
	@UV_CUSTOM_COMPILE_COMMAND='make lock' var/lock-venv/bin/python -m uv pip compile pyproject.toml --all-extras \
		--universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet $(UPGRADE) -o requirements.lock
	@UV_CUSTOM_COMPILE_COMMAND='make lock' var/lock-venv/bin/python -m uv pip compile pyproject.toml \
		--constraint requirements.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet \
		-o deploy/requirements.lock
	@for client in ib_insync ib_async ibapi ibflex2; do \
		UV_CUSTOM_COMPILE_COMMAND='make lock' var/lock-venv/bin/python -m uv pip compile --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --quiet $(UPGRADE) \
		tests/conformance/locks/$$client.in -o tests/conformance/locks/$$client.lock || exit 1; done
	@rm -rf var/lock-venv

# Stop the demo first. Its data, keys and logs go too.
clean:
	rm -rf .venv var node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
