#!/usr/bin/env bash
# Plays seeds of the simulation, on all cores, until MINUTES are over; what fails is printed with its seed. Meanwhile real
# processes are killed under load.
# Usage: MINUTES=10 [FROM=1000] [ON_DISK=1] scripts/soak.sh, or SEED=7 scripts/soak.sh for one seed with all that happens.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
. scripts/tools.sh
need_rust

# Optimised, with all checks: four times the seeds.
tests=(cargo test --workspace --locked --quiet --profile soak)
"${tests[@]}" --test simulation --test processes --no-run
play() { "${tests[@]}" --test simulation -- --ignored --nocapture --exact soak; }
if [ -n "${SEED:-}" ]; then
	play
	exit
fi
export MINUTES=${MINUTES:-10}
first=${FROM:-1000}
end=$((SECONDS + 60 * MINUTES))

# Twenty seeds to a process: what a life that was cut off leaves in memory goes with it. Prints the rate.
seeds() {
	local from=$1 begun=$SECONDS played=0 failed=0
	while [ "$SECONDS" -lt "$end" ]; do
		FROM=$((from + played)) COUNT=20 play >"$work/$from" 2>/dev/null || {
			failed=1
			sed -n '/^seed .* fails:$/,/^\(test \|$\)/p' "$work/$from"
		}
		played=$((played + 20))
		printf '%d seeds from %d on, %d a minute\n' "$played" "$from" "$((played * 60 / (SECONDS - begun + 1)))"
	done
	return "$failed"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
workers=()
for worker in $(seq 0 "$(($(nproc) - 1))"); do
	seeds "$((first + worker * 1000000))" &
	workers+=("$!")
done
# Beside them real processes are killed, in `server/tests/processes/kills.rs`.
"${tests[@]}" --test processes -- --ignored --nocapture --exact kills::soak &
workers+=("$!")
failed=0
for worker in "${workers[@]}"; do
	wait "$worker" || failed=1
done
exit "$failed"
