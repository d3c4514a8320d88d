#!/usr/bin/env bash
# Draws where the host spends its time in the two hottest paths, to docs/performance/: messages that are sent, and messages
# that go to a thousand receivers. Needs perf and the right to use it.
# Usage: scripts/flame.sh, or scripts/flame.sh PART FILE.svg for another part of the benchmark.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
. scripts/tools.sh

[ $# -eq 0 ] || [ $# -eq 2 ] || die "usage: scripts/flame.sh [PART FILE.svg]"
need_rust
apt_need perf linux-perf
have inferno-flamegraph || cargo install --locked --quiet inferno
# Its own folder, since everything is compiled anew: with frame pointers and line tables, or the stacks have no roots.
export CARGO_TARGET_DIR="$CARGO_TARGET_DIR/flame"
RUSTFLAGS="-C force-frame-pointers=yes" CARGO_PROFILE_RELEASE_DEBUG=line-tables-only \
	cargo build --release --locked --workspace
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The first instance that the benchmark starts is the host.
host_of() {
	local each
	for each in $(pgrep -P "$1"); do
		tr '\0' '\n' <"/proc/$each/environ" | grep -q '^CONNTEXT__INSTANCE__DOMAIN=a\.' && printf '%s\n' "$each" && return
	done
}

draw() {
	local part=$1 file=$2 bench pid=
	say "$part → $file"
	"$CARGO_TARGET_DIR/release/conntext-bench" --binary "$(release_binary)" --only "$part" --out "$work" >"$work/log" 2>&1 &
	bench=$!
	while [ -z "$pid" ]; do
		kill -0 "$bench" 2>/dev/null || die "the benchmark ended before the host began: $(tail -n 1 "$work/log")"
		pid=$(host_of "$bench" || true)
		sleep 0.1
	done
	perf record -q --call-graph fp -F 299 -o "$work/perf.data" -p "$pid" || true
	wait "$bench" || die "the benchmark failed: $(tail -n 1 "$work/log")"
	perf script -i "$work/perf.data" 2>/dev/null | inferno-collapse-perf 2>/dev/null >"$work/stacks"
	inferno-flamegraph --title "$part" --minwidth 0.4 "$work/stacks" >"$file"
}

if [ $# -eq 2 ]; then
	draw "$1" "$2"
	exit
fi
mkdir -p docs/performance
draw throughput docs/performance/sending.svg
draw fanout docs/performance/fan-out.svg
