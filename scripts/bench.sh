#!/usr/bin/env bash
# Measures the release binary over its public API and writes the figures to bench/results/.
# Options go to the program: scripts/bench.sh --seconds 30   (all: scripts/bench.sh --help)
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
. scripts/tools.sh

need_rust
web_packages
npm run --silent build >/dev/null
cargo build --release --locked --workspace
revision=$(git describe --always --dirty 2>/dev/null || printf unknown)
FSYNC=on exec scripts/with-postgres.sh "$CARGO_TARGET_DIR/release/conntext-bench" --binary "$(release_binary)" \
	--revision "$revision" --name "$(date -u +%Y-%m-%d)-$revision" "$@"
