#!/usr/bin/env bash
# Draws where an instance spends its time while a part of the benchmark runs.
#   scripts/flame.sh PART WHO FILE.svg     for instance: throughput a docs/performance/sending.svg
# PART as in scripts/bench.sh --only, WHO is a (the host) or b (the other one). Needs perf, and the right to use it.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
. scripts/tools.sh

[ $# -eq 3 ] || die "usage: scripts/flame.sh PART WHO FILE.svg"
part=$1 who=$2 file=$3
need_rust
apt_need perf linux-perf
have inferno-flamegraph || cargo install --locked --quiet inferno
cargo build --release --locked --workspace
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$CARGO_TARGET_DIR/release/conntext-bench" --binary "$(release_binary)" --only "$part" --out "$work" >/dev/null &
bench=$!
pid=
while [ -z "$pid" ]; do
	kill -0 "$bench" 2>/dev/null || die "the benchmark ended before the instance began"
	for each in $(pgrep -P "$bench"); do
		tr '\0' '\n' <"/proc/$each/environ" | grep -q "^CONNTEXT__INSTANCE__DOMAIN=$who\." && pid=$each
	done
	sleep 0.1
done
perf record -q --call-graph dwarf,16384 -F 199 -o "$work/perf.data" -p "$pid" 2>/dev/null || true
wait "$bench"
mkdir -p "$(dirname "$file")"
perf script -i "$work/perf.data" 2>/dev/null | inferno-collapse-perf | inferno-flamegraph --title "$part" >"$file"
