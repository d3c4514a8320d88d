#!/usr/bin/env bash
# Runs the fuzz targets guided by coverage, MINUTES in all (default 12), or those that are named.
# Usage: MINUTES=60 scripts/fuzz.sh [event|identity|json|signature|stubs|frames]…
# What is found lies in .fuzz/artifacts afterwards; put it into federation/fuzz/corpus/<target>/ together with the mending.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
. scripts/tools.sh

minutes=${MINUTES:-12}
[ $# -gt 0 ] || set -- event identity json signature stubs frames
seconds=$((minutes * 60 / $#))
[ "$seconds" -gt 0 ] || die "MINUTES=$minutes is too little for $# targets"

need_rust
have cargo-fuzz || cargo install --locked --quiet cargo-fuzz
# Sanitizer and coverage are options that stable compilers keep back.
export RUSTC_BOOTSTRAP=1
export CARGO_TARGET_DIR="$CARGO_TARGET_DIR/fuzz"
mkdir -p .fuzz/artifacts

failed=()
for target in "$@"; do
	[ -d "federation/fuzz/corpus/$target" ] || die "there is no target '$target'"
	features=()
	[ "$target" != frames ] || features=(--features frames)
	mkdir -p ".fuzz/corpus/$target"
	printf '\n==> %s: %d s\n' "$target" "$seconds"
	# New inputs go to the first folder; the second, which is in the repository, is only read.
	(cd federation/fuzz && cargo fuzz run "${features[@]}" "$target" \
		"../../.fuzz/corpus/$target" "corpus/$target" -- \
		-max_total_time="$seconds" -max_len=8192 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="../../.fuzz/artifacts/$target-") || failed+=("$target")
done
[ ${#failed[@]} -eq 0 ] || die "found in ${failed[*]}: see .fuzz/artifacts"
printf '\nNothing was found in %s.\n' "$*"
