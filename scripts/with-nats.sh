#!/usr/bin/env bash
# Runs a command beside a NATS server of its own on a free port of this machine; its address is in CONNTEXT_TEST_NATS. It is
# gone afterwards. Where NATS cannot be installed the command runs without it, and what is left out is said.
# Usage: scripts/with-nats.sh COMMAND…
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
. scripts/tools.sh

# The package would start a service of its own, which nobody here needs.
install_nats() {
	local policy=/usr/sbin/policy-rc.d
	if have apt-get && [ "$(id -u)" -eq 0 ] && [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod +x "$policy"
		trap 'rm -f /usr/sbin/policy-rc.d' EXIT
	fi
	apt_need nats-server nats-server
}
if ! have nats-server && ! (install_nats); then
	say "nats-server cannot be installed here: what needs it is left out"
	exec "$@"
fi

folder=$(mktemp -d)
nats-server --addr 127.0.0.1 --port -1 --ports_file_dir "$folder" --log "$folder/log" &
server=$!
stop() {
	kill "$server" 2>/dev/null || true
	wait "$server" 2>/dev/null || true
	rm -rf "$folder"
}
trap stop EXIT
address=
for _ in $(seq 100); do
	address=$(grep -ho 'nats://[0-9.:]*' "$folder"/*.ports 2>/dev/null | head -n 1) || true
	[ -z "$address" ] || break
	sleep 0.1
done
[ -n "$address" ] || {
	cat "$folder/log" >&2
	die "NATS does not start"
}
export CONNTEXT_TEST_NATS=$address
"$@"
