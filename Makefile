# renkei: every target sets up what it needs from a bare Python 3.11.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# Commands start three times faster with compiled modules at hand.
unexport PYTHONDONTWRITEBYTECODE
JOBS ?= auto

.PHONY: demo test check format docs bench conformance conformance-dsp conformance-odrl conformance-ngsi-ld interop-edc bench-dataspace bench-terms bench-context soak-context lock clean

demo: .venv/.ready  ## two nodes, real uplinks, one agreement, every proof
	$(BIN)/renkei demo $(if $(KEEP),--keep)

test: check  ## all checks, then all tests on SQLite and again on PostgreSQL
	$(BIN)/python -m tools.test_run --jobs $(JOBS) $(if $(REQUIRE_POSTGRES),--require-postgres)

check: .venv/.ready  ## format, lint, strict types, import contracts, migrations, docs
	$(BIN)/ruff format --check src tests tools bench
	$(BIN)/ruff check src tests tools bench
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports --config .importlinter
	$(BIN)/python -m tools.check_migrations
	$(BIN)/python -m tools.docs --check

format: .venv/.ready  ## put the code in its one form
	$(BIN)/ruff format src tests tools bench
	$(BIN)/ruff check --fix src tests tools bench

docs: .venv/.ready  ## write the reference pages that come from the code
	$(BIN)/python -m tools.docs

conformance: .venv/.ready  ## public schemas and examples of the protocols
	$(BIN)/python -m pytest -q -m conformance

conformance-dsp: .venv/.ready  ## the public kit of the Dataspace Protocol; RUNS=10 runs it ten times (needs Java 17 and Maven)
	PYTHONPATH=. $(BIN)/python -m tests.conformance.dsp_kit.run $(if $(RUNS),--runs $(RUNS)) $(if $(KIT_VERSION),--kit-version $(KIT_VERSION))

conformance-odrl: .venv/.ready  ## the public ODRL test suite, and our own in its format
	PYTHONPATH=. $(BIN)/python -m tests.conformance.odrl.run

conformance-ngsi-ld: .venv/.ready  ## the NGSI-LD suite of ETSI: SUITE=<its checkout> (GROUP=… for one group or file, DATABASE=postgresql)
	PYTHONPATH=. $(BIN)/python -m tests.conformance.ngsi_ld.run $(if $(SUITE),--suite $(SUITE)) $(if $(GROUP),--group $(GROUP)) $(if $(DATABASE),--database $(DATABASE)) $(if $(PARALLEL),--parallel $(PARALLEL))

interop-edc: .venv/.ready  ## Eclipse EDC and a node meet as strangers (needs a JDK 17 and Maven; EDC_VERSION=… for another one)
	PYTHONPATH=. EDC_VERSION=$(EDC_VERSION) $(BIN)/python -m tests.interop.edc.run

bench-dataspace: .venv/.ready  ## negotiations, catalogue, start and memory beside Eclipse EDC; prints, never fails on time
	PYTHONPATH=. EDC_VERSION=$(EDC_VERSION) $(BIN)/python -m bench.dataspace

bench-terms: .venv/.ready  ## decisions, plans, shaped releases, receipts and the log, each beside its yardstick
	$(BIN)/python -m bench.terms
	$(BIN)/python -m bench.receipts
	$(BIN)/python -m bench.audit

bench-context: .venv/.ready  ## the context broker on SQLite and PostgreSQL beside its bars, from a client in a second process; QUICK=1 for a small run
	PYTHONPATH=. $(BIN)/python -m bench.context $(if $(QUICK),--quick)

soak-context: .venv/.ready  ## an hour of mixed load on the context broker, and what its memory does; MINUTES=60
	PYTHONPATH=. $(BIN)/python -m bench.context.soak $(if $(MINUTES),--minutes $(MINUTES))

bench: .venv/.ready  ## every bench beside its yardstick; prints, never fails on time
	$(BIN)/python -m tools.bench_run

lock: .venv/.ready  ## resolve the dependencies again
	$(BIN)/uv pip compile -q pyproject.toml --all-extras --generate-hashes --no-header --python-version 3.11 --universal -o requirements/product.txt
	$(BIN)/uv pip compile -q pyproject.toml --all-extras --group dev --constraint requirements/product.txt --generate-hashes --no-header --python-version 3.11 --universal -o requirements/dev.txt
	$(BIN)/uv pip compile -q requirements/bootstrap.in --generate-hashes --no-header --python-version 3.11 --universal -o requirements/bootstrap.txt
	$(BIN)/uv pip compile -q requirements/ngsi-ld-suite.in --generate-hashes --no-header --python-version 3.11 --universal -o requirements/ngsi-ld-suite.txt

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.venv/.ready: requirements/bootstrap.txt requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "renkei needs Python 3.11; name it with PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@
