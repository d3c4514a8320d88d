# The everyday commands. `make` alone lists them.
#
# Builds go to one folder outside of the checkout, which several checkouts can share.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/conntext/target

.DEFAULT_GOAL := help
.PHONY: help build test test-rust test-web test-e2e test-scripts test-install test-pair lint fmt bench flame fuzz demo api clean

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## the release binary with the web apps inside
	@scripts/build.sh

test: ## everything that must hold: lints, unit tests, stories, browsers
	@scripts/test.sh

test-rust: ## format, clippy, Rust tests and documentation tests
	@scripts/test.sh web-build rust

test-web: ## lint, types, tests, build and size of the web apps
	@scripts/test.sh web

test-e2e: ## browser stories against two real instances
	@scripts/test.sh web-build e2e

test-scripts: ## shellcheck and the tests of the installer's options
	@scripts/test.sh scripts

test-pair: ## two machines set up by install.sh over https, a browser on each (needs root)
	@scripts/test-pair.sh

test-install: ## install, upgrade and uninstall in a fresh Debian root (slow, needs root)
	@scripts/test-install.sh

soak: ## simulated networks in which all goes wrong, for MINUTES=10; SEED=7 plays one again and shows it
	@scripts/soak.sh

lint: ## format and lint checks alone
	@scripts/test.sh lint

fmt: ## format all code
	@cargo fmt --all
	@npm run --if-present format

bench: ## measure the release binary over its public API
	@scripts/bench.sh

flame: ## draw where the host spends its time while it is measured, to docs/performance/ (needs perf)
	@scripts/flame.sh

fuzz: ## look for inputs that break parsers and verifiers, MINUTES in all (default 12)
	@scripts/fuzz.sh $(TARGETS)

demo: ## two instances with a lively sample community (FRESH=1 starts anew)
	@scripts/demo.sh

api: ## write the OpenAPI document and the client's types anew
	@UPDATE_SNAPSHOTS=1 cargo nextest run --workspace -E 'test(openapi)'
	@npm run api --workspace client-web

clean: ## remove what builds, demo and tests left behind
	rm -rf "$(CARGO_TARGET_DIR)" node_modules client-web/node_modules client-web/dist .demo
