.DEFAULT_GOAL := help
.PHONY: help setup build run etcd test check format lint types test-faults test-discovery test-page test-images test-interop simulate simulate-planted mutate test-node demo bench bench-quick pack docs-api clean distclean

help: ## lists these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## installs what is missing: npm packages, etcd, what the tests use (the others call it)
	@sh scripts/setup.sh test

run: ## builds, starts a local etcd (unless ETCD_ENDPOINTS is set) and keeps a service registered, until Ctrl-C
	@sh scripts/setup.sh run && npm run --silent build && exec node scripts/run.mjs

etcd: ## starts the local etcd alone, until Ctrl-C
	@sh scripts/setup.sh etcd && exec node scripts/etcd-alone.mjs

build: packages ## compiles to dist/
	@npm run --silent build

test: setup ## builds and runs the tests
	@npm test --silent

check: setup ## everything a change must pass: format and lint, types, package, tests
	@npm run --silent check

format: packages ## formats and fixes the sources
	@npm run --silent format

lint: packages ## format and lint, without changing anything
	@npm run --silent lint

types: packages ## checks the types of sources and tests
	@npm run --silent types

test-faults: setup ## the long scenarios: broken etcds, networks and clocks (minutes)
	@npm run --silent test:faults

test-discovery: setup ## clients that find what is registered lose no call while servers are rolled and etcd is away (minutes)
	@npm run --silent test:discovery

test-page: ## the page in a real browser (installs chromium; PICTURES=docs/images draws those of the documentation anew)
	@sh scripts/setup.sh page && npm run --silent test:page

test-images: ## the images of the recipes, built and run by docker or podman (installs podman where neither is)
	@sh scripts/setup.sh images && npm run --silent test:images

test-node: setup ## the tests on Node 20, 22, 24 and 26 and on etcd 3.4 and 3.5 (minutes)
	@node scripts/matrix.mjs

simulate: packages ## the registrar in simulated networks, etcds and hostile company (SEEDS=20000 that many, SEED=123 that one, with its trace)
	@npm run --silent simulate

simulate-planted: packages ## plants known faults in a copy of the sources: each must be found by the simulation, the model or a test (minutes)
	@npm run --silent simulate:planted

mutate: packages ## changes the decisions and the passes line by line: which changes no test notices (installs Stryker; about half an hour)
	@npm run --silent mutate

demo: setup ## a guided tour: breaks a local etcd before your eyes, the registrar beside a plain poll (a minute)
	@npm run --silent build && exec node test/demo/main.mjs

bench: setup ## measures it beside what one would use instead, prints one table (35 minutes; BENCH="--row start-up" = one row)
	@npm run --silent build && node bench/run.mjs $(BENCH)

bench-quick: setup ## the same with few runs: to see whether something is off, not how much (minutes)
	@npm run --silent build && node bench/run.mjs --quick $(BENCH)

test-interop: setup ## what we register is found by etcd's own Go clients (installs golang-go and golang-etcd-server-dev)
	@sh test/interop/setup.sh && npm run --silent test:interop

pack: packages ## builds the package as it would be published and checks it
	@npm run --silent pack:check && npm pack --silent

docs-api: packages ## makes HTML of the library's types in .api/ (downloads TypeDoc and the TypeScript that it needs)
	@npm run --silent docs:api

clean: ## removes what was built
	@node scripts/clean.mjs

distclean: ## removes also node_modules and the local etcd's data, never .env
	@node scripts/clean.mjs all

.PHONY: packages
packages:
	@sh scripts/setup.sh packages
