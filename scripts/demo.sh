#!/usr/bin/env bash
# Two instances on this machine that know each other, with a sample community of people from both.
# Data stays in .demo/ and is used again; FRESH=1 starts anew. DEMO_PORT_A and DEMO_PORT_B change the ports,
# CONNTEXT_BIN takes a program that is built already. `scripts/demo.sh --fill` fills, checks and ends.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
. scripts/tools.sh

export DEMO_PORT_A=${DEMO_PORT_A:-7001} DEMO_PORT_B=${DEMO_PORT_B:-7002}
folder=${DEMO_FOLDER:-$PWD/.demo}
need_node

if [ -n "${CONNTEXT_BIN:-}" ]; then
	program=$CONNTEXT_BIN
else
	need_rust
	web_packages
	npm run --silent build >/dev/null
	cargo build --workspace --locked
	program=$(debug_binary)
fi

running=()
stop() {
	local pid
	for pid in "${running[@]}"; do kill -TERM "$pid" 2>/dev/null || :; done
	for pid in "${running[@]}"; do wait "$pid" 2>/dev/null || :; done
	running=()
}
trap stop EXIT
trap 'exit 0' INT TERM

ready() { curl -s -f -o /dev/null --noproxy '*' --max-time 2 "http://127.0.0.1:$1/readyz"; }

# start NAME PORT DAYS_AGO: one instance, with its clock set back.
start() {
	local name=$1 port=$2 days=$3 settings=()
	if ready "$port"; then die "port $port is in use; stop what runs there, or set DEMO_PORT_${name^^}"; fi
	mkdir -p "$folder/$name"
	if [ "$days" -gt 0 ]; then settings=(CONNTEXT_TEST=1 "CONNTEXT_CLOCK_OFFSET=-$((days * 86400))"); fi
	env "${settings[@]}" \
		CONNTEXT__INSTANCE__DOMAIN="$name.localhost:$port" \
		CONNTEXT__HTTP__LISTEN="127.0.0.1:$port" \
		CONNTEXT__STORAGE__DATA_DIR="$folder/$name" \
		CONNTEXT__FEDERATION__DEV_INSECURE=true \
		CONNTEXT__FEDERATION__NEW_PEER_HOURS=0 \
		CONNTEXT__FEDERATION__ACTOR_BURST=500 \
		CONNTEXT__FEDERATION__ACTOR_PER_S=100 \
		CONNTEXT__ACCOUNTS__WORK_BITS=0 \
		CONNTEXT__SESSIONS__ACCESS_S=31536000 \
		CONNTEXT__LIMITS__MESSAGE_BURST=500 \
		CONNTEXT__LIMITS__MESSAGE_PER_S=100 \
		CONNTEXT__LIMITS__API_BURST=2000 \
		CONNTEXT__LIMITS__API_PER_S=500 \
		"$program" serve >>"$folder/$name.log" 2>&1 &
	running+=($!)
	for _ in $(seq 150); do
		if ready "$port"; then return; fi
		kill -0 "${running[-1]}" 2>/dev/null || break
		sleep 0.2
	done
	tail -n 20 "$folder/$name.log" >&2
	die "the instance $name.localhost:$port did not start; its last words stand above"
}
start_both() {
	start a "$DEMO_PORT_A" "$1"
	start b "$DEMO_PORT_B" "$1"
}

[ -z "${FRESH:-}" ] || rm -rf "$folder"
ports="$DEMO_PORT_A $DEMO_PORT_B"
if [ -f "$folder/filled" ] && [ "$(cat "$folder/filled")" != "$ports" ]; then
	die "the demo in $folder was made for the ports $(cat "$folder/filled"), which are part of its addresses; use these, or FRESH=1"
fi
if [ ! -f "$folder/filled" ]; then
	# A fill that was broken off cannot be continued.
	rm -rf "$folder"
	(umask 077 && mkdir -p "$folder")
	say "Filling two instances with a reading club (about a minute)"
	day=0
	for days_ago in $(node scripts/demo/days.mjs); do
		start_both "$days_ago"
		node scripts/demo/seed.mjs "$folder" "$day" || die "the demo could not be filled; the logs are in $folder"
		stop
		day=$((day + 1))
	done
	printf '%s' "$ports" >"$folder/filled"
fi

start_both 0
say ""
say "Two instances are running, and their people know each other:"
say ""
node scripts/demo/accounts.mjs
say ""
say "Open both in two browser windows (one of them private), sign in, and talk. Logs: $folder/*.log"
if [ "${1:-}" = --fill ]; then exit 0; fi
say "Ctrl+C stops them; FRESH=1 make demo starts anew."
wait
