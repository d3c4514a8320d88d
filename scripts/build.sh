#!/usr/bin/env bash
# Builds the web apps, then the release binary that carries them. Prints where it is.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
. scripts/tools.sh

need_rust
web_packages
npm run --silent build
cargo build --release --locked --workspace
say "Built: $(release_binary)"
