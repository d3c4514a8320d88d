#!/usr/bin/env bash
# Plays seeds of the simulation, on all cores, until MINUTES are over; what fails is printed with its seed. Meanwhile real
# processes are killed under load.
# Usage: MINUTES=10 [FROM=1000] [ON_DISK=1] scripts/soak.sh, or SEED=7 scripts/soak.sh for one seed with all that happens.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
. scripts/tools.sh
need_rust

cargo test --workspace --locked --quiet --test simulation --test processes --no-run
play() { cargo test --workspace --locked --quiet --test simulation -- --ignored --nocapture --exact soak; }
if [ -n "${SEED:-}" ]; then
	play
	exit
fi
export MINUTES=${MINUTES:-10}
first=${FROM:-1000}
workers=()
for worker in $(seq 0 "$(($(nproc) - 1))"); do
	FROM=$((first + worker * 1000000)) play &
	workers+=("$!")
done
# Beside them real processes are killed, in `server/tests/processes/kills.rs`.
cargo test --workspace --locked --quiet --test processes -- --ignored --nocapture --exact kills::soak &
workers+=("$!")
failed=0
for worker in "${workers[@]}"; do
	wait "$worker" || failed=1
done
exit "$failed"
