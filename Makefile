# make run    opens the shop with its demo data on http://127.0.0.1:8080
# make test   runs everything that has to hold
# make bench  measures the speed that was promised
# make proof  lives 10,000 orders and builds them again from the log alone, and lets a newcomer's order take its three minutes
# make chaos  kills the shop again and again while people pay, and counts the money afterwards

.PHONY: run test bench proof chaos browser-tests deps deps-test

run: deps
	cargo build --release --locked
	./target/release/smartshop serve --demo

test: deps-test
	cargo fmt --check
	cargo clippy --locked --all-targets -- --deny warnings
	cargo test --locked -- --test-threads=4
	cd tests/browser && npm ci --no-audit --no-fund && SMARTSHOP_BINARY=$(CURDIR)/target/debug/smartshop npm test

bench: deps
	./scripts/need bench
	cargo build --release --locked --bin smartshop --example hello
	node bench/run.mjs

proof: deps-test
	SMARTSHOP_TEST_ORDERS=10000 cargo test --locked --test shop -- log::whole_lives --nocapture
	cargo build --locked --bin smartshop
	cd tests/browser && npm ci --no-audit --no-fund && TOWN_SPEED=1 SMARTSHOP_BINARY=$(CURDIR)/target/debug/smartshop node --test --test-name-pattern "a newcomer orders" town.test.js

# Built as for the bench, with what that needs besides: else each would build the other's dependencies anew.
chaos: deps
	./scripts/need bench
	cargo build --release --locked --bin smartshop --example hello
	node bench/chaos.mjs

deps:
	./scripts/need run

deps-test:
	./scripts/need test
