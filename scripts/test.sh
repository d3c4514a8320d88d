#!/usr/bin/env bash
# Runs everything that must hold, in the order in which one thing needs another, and stops at the first that does not.
# Usage: scripts/test.sh [web|web-build|rust|lint|scripts|e2e]…   (nothing: all)
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
. scripts/tools.sh

began=$SECONDS
summary=()

# step NAME COMMAND…: says the name, runs the command, says how long it took.
step() {
	local name=$1 start=$SECONDS status=0
	shift
	printf '\n==> %s\n' "$name"
	# Not in an `if`: there the shell would go on after a failed line inside of a function.
	set +e
	(
		set -e
		"$@"
	)
	status=$?
	set -e
	if [ "$status" -ne 0 ]; then
		printf '\nFAILED: %s (after %d s)\n' "$name" "$((SECONDS - start))" >&2
		printf 'The command was: %s\n' "$*" >&2
		exit 1
	fi
	printf -- '--- %s: %d s\n' "$name" "$((SECONDS - start))"
	summary+=("$(printf '%5d s  %s' "$((SECONDS - start))" "$name")")
}

cargo_quiet=(--quiet)
[ -n "${CI:-}" ] || cargo_quiet=()
nextest_profile=default
[ -z "${CI:-}" ] || nextest_profile=ci

rust_tools() {
	need_rust
	need_nextest
	cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
	cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
}

clippy() { cargo clippy "${cargo_quiet[@]}" --workspace --all-targets --locked -- -D warnings; }
# What is built to be tested is looked at by clippy in the same pass: dependencies are compiled once and not twice.
cargo_tested=(env "RUSTC_WORKSPACE_WRAPPER=$PWD/scripts/clippy-rustc.sh" cargo)
# Twice as many at a time as there are cores: many stories wait most of the time.
nextest=("${cargo_tested[@]}" nextest run --workspace --locked --cargo-quiet --profile "$nextest_profile" --test-threads "$((2 * $(nproc)))")
rust_build() { "${nextest[@]}" --no-run; }
rust_tests() { "${nextest[@]}"; }
# Not those that put an older database file back. With those of several processes on one database.
postgres_tests() {
	scripts/with-nats.sh scripts/with-postgres.sh "${nextest[@]}" \
		-E '(binary(stories) and not test(j_rewind::)) or test(db::) or (binary(processes) and test(together::))'
}
doc_tests() { "${cargo_tested[@]}" test --doc --workspace --locked --quiet; }
# The binary as the stories are built with, or everything of ours would be compiled once more.
debug_build() { "${cargo_tested[@]}" test "${cargo_quiet[@]}" --workspace --locked --test stories --no-run; }
shell_lint() { shellcheck -x install.sh .ci/run scripts/*.sh scripts/install/*.sh; }
browser_stories() { CI=${CI:-} CONNTEXT_BIN=$(debug_binary) npm run --silent e2e; }

web_install() {
	step "web: packages" web_packages
}
web_build() {
	web_install
	step "web: build and size" npm run --silent build
}
web_lint() {
	step "web: lint" npm run --silent lint
	step "web: types" npm run --silent check
}
web() {
	web_build
	web_lint
	step "web: tests" npm run --silent test
}
rust_format() {
	step "rust: tools" rust_tools
	step "rust: format" cargo fmt --all --check
}
rust() {
	rust_format
	step "rust: build and clippy" rust_build
	step "rust: tests" rust_tests
	step "rust: stories on PostgreSQL" postgres_tests
	step "rust: documentation tests" doc_tests
}
scripts() {
	step "scripts: tools" apt_need shellcheck shellcheck
	step "scripts: shellcheck" shell_lint
	step "documents: features" node scripts/check-features.mjs
	step "scripts: debug build" debug_build
	step "scripts: installer" scripts/test-install-options.sh
}
e2e() {
	step "browsers: chromium" apt_need chromium chromium
	step "browsers: debug build" debug_build
	step "browsers: stories" browser_stories
}
lint() {
	web_build
	web_lint
	rust_format
	step "rust: clippy" clippy
	step "scripts: tools" apt_need shellcheck shellcheck
	step "scripts: shellcheck" shell_lint
}

[ $# -gt 0 ] || set -- web rust scripts e2e
for group in "$@"; do
	case $group in
	web | rust | scripts | e2e | lint) "$group" ;;
	web-build) web_build ;;
	*) die "there is no group '$group'; there are: web web-build rust lint scripts e2e" ;;
	esac
done

printf '\n'
printf '%s\n' "${summary[@]}"
printf '%5d s  all\n' "$((SECONDS - began))"
