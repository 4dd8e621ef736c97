# run, demo, test, check, bench, format, lock, clean. Each makes what it needs; only python3 >= 3.11 is assumed.

# make test PYTHON=python3.13: another Python has an environment of its own.
ifeq ($(origin PYTHON),undefined)
PYTHON := python3
VENV := .venv
else
VENV := .venv-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
endif
BIN := $(VENV)/bin
DATA_DIR ?= var/data
DEMO_DIR ?= var/demo
WORKERS ?= 3
ROUNDS ?= 100
TYPED := mmbatch_dash $(wildcard app.py)
# Counting lines is free of charge from Python 3.12 on; on 3.11 it makes the tests half as long again.
COUNT := --cov=mmbatch_dash --cov-report=term:skip-covered
COUNT_IF_FREE := $(shell $(PYTHON) -c 'import sys; print("$(COUNT)" if sys.version_info >= (3, 12) else "")' 2>/dev/null)
export COVERAGE_CORE := $(shell $(PYTHON) -c 'import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")' 2>/dev/null)

RUN_STAMP := $(VENV)/.run-$(shell cat requirements.lock | cksum | cut -d' ' -f1)
DEV_STAMP := $(VENV)/.dev-$(shell cat requirements-dev.lock | cksum | cut -d' ' -f1)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Bytecode is kept, whatever the shell says: each of the servers that tests start would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run demo story test thorough check coverage alerts bench bill torture reclaims connections cluster test-cluster calibrate format lock clean chromium prometheus postgres

help:
	@echo "make run     serve $(DATA_DIR) (DATA_DIR=…)"
	@echo "make demo    a simulated fleet, kept apart in $(DEMO_DIR)"
	@echo "make story   three real jobs under the reporter, one reclaimed twice, in two minutes"
	@echo "make test    checks, then every test"
	@echo "make check   format, lint, types, walls, docs in step"
	@echo "make thorough every test, with all the random worlds and deaths: an hour or more"
	@echo "make coverage every test, and which lines none of them reaches; fails below the floor"
	@echo "make bench   the table of ratios"
	@echo "make bill    a bill of a million lines, read and held against the attempts in 30 s"
	@echo "make torture kill -9 in the midst of everything, $(ROUNDS) times (ROUNDS=…)"
	@echo "make reclaims  20 jobs for two minutes, taken away at random, and the server killed twice, against their diaries"
	@echo "make connections  4,000 nodes and 2,000 silent sockets, plain and with TLS"
	@echo "make cluster two servers on one PostgreSQL and a balancer in front of them, until Ctrl-C"
	@echo "make test-cluster  servers and database killed at random, $(ROUNDS) times (ROUNDS=…): what was lost, doubled, other"
	@echo "make calibrate    whether the advice of /insight is right, over 100 simulated worlds; fills in docs/insight.md"
	@echo "make format  rewrite the sources in the house format"
	@echo "make lock    pin every dependency anew, with hashes, from requirements*.txt"
	@echo "make clean   remove the environment and caches; var/ is left alone"

run: $(RUN_STAMP)
	@mkdir -p "$(DATA_DIR)"
	$(BIN)/python app.py --data-dir "$(DATA_DIR)"

demo: $(RUN_STAMP)
	$(BIN)/python -m mmbatch_dash demo --data-dir "$(DEMO_DIR)" --serve

story: $(RUN_STAMP)
	$(BIN)/python -m mmbatch_dash story --data-dir var/story

# Both halves always run, so that one call shows everything; pytest's summary is the closing line.
test: $(DEV_STAMP) chromium prometheus postgres
	@status=0; \
	$(MAKE) --no-print-directory check || status=1; \
	$(BIN)/python -m pytest -q -n $(WORKERS) --ignore=tests/house --durations=25 $(COUNT_IF_FREE) || status=1; \
	exit $$status

check: $(DEV_STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict $(TYPED)
	$(BIN)/lint-imports --no-cache
	$(BIN)/vermin --quiet --target=3.8- mmbatch_dash/reporter
	$(BIN)/python -m pytest -q tests/house

thorough: $(DEV_STAMP) chromium
	THOROUGH=1 TORTURE_ROUNDS=$(ROUNDS) $(BIN)/python -m pytest -q -n $(WORKERS)

coverage: $(DEV_STAMP) chromium
	$(BIN)/python -m pytest -q -n $(WORKERS) $(COUNT)

cluster: $(DEV_STAMP) postgres
	$(BIN)/python -m tests.cluster.up

test-cluster: $(DEV_STAMP) postgres
	CLUSTER_ROUNDS=$(ROUNDS) $(BIN)/python -m pytest -q -s tests/cluster/test_kills.py

torture: $(DEV_STAMP)
	TORTURE_ROUNDS=$(ROUNDS) $(BIN)/python -m pytest -q -s tests/endurance/test_torture.py

reclaims: $(DEV_STAMP)
	RECLAIMS_JOBS=20 RECLAIMS_SECONDS=120 $(BIN)/python -m pytest -q -s tests/reporter/test_many.py

alerts: $(DEV_STAMP)
	ALERT_KILLS=1 $(BIN)/python -m pytest -q -s tests/alerts/test_killed_server.py

bench: $(DEV_STAMP)
	$(BIN)/python -m bench $(ARGS)

bill: $(DEV_STAMP)
	BILL_LINES=1000000 $(BIN)/python -m pytest -q -s tests/bill -k many_lines

connections: $(DEV_STAMP)
	$(BIN)/python -m bench.connections $(ARGS)
	$(BIN)/python -m bench.connections --tls $(ARGS)

calibrate: $(DEV_STAMP)
	$(BIN)/python -m tests.insight.calibrate

format: $(DEV_STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# One lock for Python 3.11 to 3.13; it names no index, so that any mirror serves it.
LOCK := $(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links
lock: $(DEV_STAMP)
	$(BIN)/python -m pip install -q uv
	$(LOCK) $(ARGS) requirements.txt -o requirements.lock
	$(LOCK) $(ARGS) requirements-cluster.txt -c requirements.lock -o requirements-cluster.lock
	$(LOCK) $(ARGS) requirements-dev.txt -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf .venv .venv-* .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .make
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or newer is needed; say which with make PYTHON=/path/to/python3 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq python3-venv; } || \
		{ echo "Python's venv module is missing; install it (Debian, Ubuntu: apt-get install python3-venv)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): | $(BIN)/python
	$(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	@rm -f $(VENV)/.run-* && touch $@

$(DEV_STAMP): | $(BIN)/python
	$(BIN)/python -m pip install -q --require-hashes -r requirements-dev.lock
	@rm -f $(VENV)/.dev-* && touch $@

chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
		  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } || \
		echo "No Chromium here and none could be installed: the browser tests will be skipped."

# For the tests of metrics, rules and the Grafana board, which are skipped without it.
prometheus:
	@command -v promtool >/dev/null || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
		  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends prometheus >/dev/null; } || \
		echo "No promtool here and none could be installed: the tests that ask Prometheus will be skipped."

# For the tests of several servers on one database, which are skipped without it. No cluster of Debian's own is made.
postgres:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
		  mkdir -p /etc/postgresql-common && \
		  { [ -e /etc/postgresql-common/createcluster.conf ] || \
		    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf; } && \
		  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null; } || \
		echo "No PostgreSQL here and none could be installed: the tests of several servers will be skipped."
