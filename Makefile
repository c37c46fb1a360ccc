# Each line is one tool. `make run` is all that a first look needs.
.PHONY: run build test bench check

run: build ## builds everything and starts the demo
	target/release/segue demo

build: ## the release binary, with its front end inside
	.ci/setup
	.ci/front
	cargo build --release -p server

test: ## every test, on both databases and in a real browser
	.ci/setup test
	.ci/test

bench: ## speed and memory beside the SDKs of Segment and validators of JSON Schema: half an hour, see docs/performance.md
	cargo bench -p server --bench speed
	cargo bench -p domain --features service --bench contract

check: ## format, lints, documentation
	.ci/setup
	.ci/check
