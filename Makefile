# The only command surface; CI runs the same targets. `make` alone explains itself.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
PACKAGES := shared services/registry services/trade-ledger services/fx-settlement services/tax-exemption deploy/marketctl
# Two installations in one .venv: what `make run` needs, and with it what checks and tests need.
TO_RUN := .venv/.installed-to-run
STAMP := .venv/.installed
# Compiled once, not at each start of each process.
unexport PYTHONDONTWRITEBYTECODE
export UV_NO_PROGRESS := 1
export PYTHONUTF8 := 1

.PHONY: help
help: ## print what each target does
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

# A checkout that was moved or copied holds programs that point elsewhere: installed anew.
ifeq ($(shell test -x $(PY) && grep -sF " $$(pwd -P)/.venv" .venv/pyvenv.cfg),)
.PHONY: $(STAMP) $(TO_RUN)
endif
# Who has no home to write to keeps what uv and jgo fetch in the checkout.
ifeq ($(shell test -w "$$HOME" && echo yes),)
export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
export M2_REPO ?= $(CURDIR)/.cache/m2
export JGO_CACHE_DIR ?= $(CURDIR)/.cache/jgo
endif

# Python 3.11 reads where our packages are by the locale, and C or GBK can't read 市场: the paths become relative.
define RELATIVE_PATHS
import glob, os
for file in glob.glob(".venv/lib/python*/site-packages/*.pth"):
    where = open(file, encoding="utf-8").read().strip()
    if os.path.isdir(where):
        print(os.path.relpath(where, os.path.dirname(os.path.realpath(file))), file=open(file, "w"))
endef
export RELATIVE_PATHS

$(STAMP): requirements.lock
$(TO_RUN): requirements/embedded.lock
$(STAMP) $(TO_RUN): Makefile $(PACKAGES:%=%/pyproject.toml)
	@command -v python3 >/dev/null || { echo "Python 3.11 or newer is needed: install python3"; exit 2; }
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; python3 is $$(python3 -V)"; exit 2; }
	@{ test -f $(TO_RUN) && $(PY) -m pip --version && grep -F " $$(pwd -P)/.venv" .venv/pyvenv.cfg; } >/dev/null 2>&1 || deploy/say-while "a virtual environment" python3 -m venv --clear .venv || { echo "python3 can't make a virtual environment: install python3-venv, and see that .venv is yours"; exit 2; }
	@rm -f $(STAMP) $(TO_RUN)
	@$(PY) -m uv --version >/dev/null 2>&1 || { grep -A60 -E '^uv==' $(filter %.lock,$^) | awk 'NR>1 && /^[a-z0-9]/{exit} {print}' > .venv/uv.lock.txt && deploy/say-while "the installer" $(PY) -m pip install -q --disable-pip-version-check --require-hashes -r .venv/uv.lock.txt; }
	@deploy/say-while "packages, fetched once and checked by their hashes" $(PY) -m uv pip install -q --python $(PY) --require-hashes -r $(filter %.lock,$^)
	@deploy/say-while "our own packages" $(PY) -m uv pip install -q --python $(PY) --no-deps --no-build-isolation $(PACKAGES:%=-e %)
	@$(PY) -S -c "$$RELATIVE_PATHS"
	@touch $@ $(TO_RUN)

.PHONY: install
install: $(STAMP) ## install everything into .venv, hash-checked (done by the others when needed)

.PHONY: run
# When the person began to wait, before anything is installed.
run: export RUN_BEGAN := $(shell date +%s)
run: $(TO_RUN) ## start all, do the sample days, verify, serve; ONCE=1 counts and ends; BUS=kafka uses Apache Kafka
	@$(PY) -m marketctl run --bus $(or $(BUS),embedded) $(if $(ONCE),--once)

.PHONY: reset
reset: $(TO_RUN) ## wipe the data of `make run`
	@$(PY) -m marketctl reset

.PHONY: token
token: $(TO_RUN) ## print a development token: make token ROLE=commerce [SUBJECT=id] [BANK=id] [SITE=id]
	@$(PY) -m marketctl token $(ROLE) $(if $(SUBJECT),--subject $(SUBJECT)) $(if $(BANK),--bank $(BANK)) $(if $(SITE),--site $(SITE))

.PHONY: fmt
fmt: $(STAMP) ## format the code
	@$(PY) -m ruff format -q . && $(PY) -m ruff check -q --fix .

.PHONY: lint
lint: $(STAMP) ## format and lint, checked only
	@$(PY) -m ruff format --check -q . && $(PY) -m ruff check -q .

.PHONY: types
types: $(STAMP) ## types: strict in shared/ and every domain/
	@$(PY) -m mypy

.PHONY: imports
imports: $(STAMP) ## import rules: the same rooms in every service, arrows point inward
	@.venv/bin/lint-imports --no-cache

.PHONY: generate
generate: $(STAMP) ## write AsyncAPI, schemas, OpenAPI and the generated docs anew
	@$(PY) -m marketctl generate

.PHONY: check
check: lint types imports ## lint, types, import rules, migrations equal to tables, generated files up to date
	@$(PY) -m marketctl generate --check
	@$(PY) -m marketctl db check

.PHONY: secrets
secrets: $(TO_RUN) ## what deploy/compose.yaml needs before its first start: deploy/.env and deploy/secrets, never written over
	@$(PY) -m marketctl secrets

.PHONY: pin
pin: ## write the digest behind each image of deploy/.env (needs docker buildx or skopeo, and the registries)
	@deploy/pin deploy/.env

.PHONY: compose-check
compose-check: $(STAMP) ## bring deploy/compose.yaml up by podman and work with it (root, Debian; 20 minutes)
	@$(PY) tests/compose_check

.PHONY: contracts
contracts: ## read the published documents as tools do: the official AsyncAPI parser, an OpenAPI linter (needs Node.js)
	@{ command -v npm && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; } >/dev/null 2>&1 || { echo "make contracts needs Node.js 20 or newer with npm: install nodejs and npm"; exit 2; }
	@mkdir -p .cache/contracts && cp deploy/contracts/.npmrc deploy/contracts/* .cache/contracts/
	@cd .cache/contracts && npm ci --silent --ignore-scripts --no-audit --no-fund
	@cd .cache/contracts && node check.mjs ../../docs/asyncapi.json
	@cd .cache/contracts && REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true node_modules/.bin/redocly lint ../../docs/openapi/*.json

.PHONY: migration
migration: $(STAMP) ## write a service's next migration: make migration SERVICE=registry NAME="grades by date"
	@$(PY) -m marketctl db new "$(SERVICE)" "$(NAME)"

.PHONY: kafka
kafka: $(STAMP)
	@$(PY) -m shared.workshop.processes.kafka fetch

.PHONY: test
test: kafka ## the suite on a real PostgreSQL and a real Kafka; T=trade-ledger or T=a file or folder: only these
	@$(PY) -m pytest -q -n 2 --dist loadgroup --no-loadscope-reorder -m "not long and not browser" $(foreach each,$(T),$(firstword $(wildcard services/$(each)) $(each)))

.PHONY: test-long
test-long: kafka ## the same with the full counts
	@$(PY) -m pytest -q -n 2 -m long || { status=$$?; if [ $$status = 5 ]; then echo "0 passed, 0 failed"; else exit $$status; fi; }

.PHONY: browser
browser: $(STAMP) ## drive the pages in headless Chromium; PICTURE=docs/trace.png takes the README's picture anew
	@{ command -v "$${CHROMIUM:-chromium}" || command -v chromium-browser; } >/dev/null || { echo "make browser needs Chromium: apt-get install chromium, or name it with CHROMIUM=/path/to/it"; exit 2; }
	@PICTURE="$(PICTURE)" $(PY) -m pytest -q -n 0 -m browser tests/browser

.PHONY: mutants
mutants: $(STAMP) ## change each comparison and constant of the rules, one at a time: do the domain tests notice?
	@$(PY) tests/mutants

.PHONY: fuzz
fuzz: $(STAMP) ## generated requests to every operation, by callers who may: CASES=100000 SEED=1039
	@$(PY) tests/fuzz --cases $(or $(CASES),100000) --seed $(or $(SEED),1039)

.PHONY: bench
bench: kafka ## the table of docs/benchmarks, as ratios of plain tools; QUICK=1 is short, SIZE=1000000 is that many trades
	@$(PY) -m marketctl.bench $(if $(QUICK),--quick) $(if $(SIZE),--size $(SIZE)) $(if $(ONLY),--only $(ONLY))

.PHONY: sbom
sbom: $(STAMP) ## what of others the services run: a CycloneDX bill and the licences, from requirements/run.lock, in .cache/sbom
	@$(PY) tests/supply sbom

.PHONY: audit
audit: $(STAMP) ## known flaws of all locked packages; says NOT RUN (and fails) where known-bad canaries aren't caught
	@$(PY) tests/supply audit

.PHONY: lock
lock: $(STAMP) ## compile the .in lists into the locks beside them: all, what runs here, what runs
	@for list in requirements requirements/embedded requirements/operate requirements/service requirements/run \
	  requirements/build requirements/compose-check; do \
	  $(PY) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	    --no-annotate $$([ $$list = requirements ] || echo "-c requirements.lock") $$list.in -o $$list.lock || exit; done
