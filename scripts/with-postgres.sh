#!/usr/bin/env bash
# Runs a command beside a PostgreSQL of its own, empty and reached only by a socket in a temporary folder; its address is
# in CONNTEXT_TEST_POSTGRES. Both are gone afterwards.
#   FSYNC=on     as in real use, for measuring; off is faster and all that tests need
# Usage: scripts/with-postgres.sh COMMAND…
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
. scripts/tools.sh

programs() { find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1; }
if [ -z "$(programs)" ] && ! have initdb; then
	# Without the cluster that the package would make and start.
	if have apt-get && [ "$(id -u)" -eq 0 ] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
		mkdir -p /etc/postgresql-common
		printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.conf
	fi
	apt_need initdb postgresql
fi
initdb=$(programs)
bin=$(dirname "${initdb:-$(command -v initdb)}")

folder=$(mktemp -d)
# PostgreSQL does not run as root.
as=()
if [ "$(id -u)" -eq 0 ]; then
	chown postgres "$folder"
	as=(runuser -u postgres --)
fi
stop() {
	"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
	rm -rf "$folder"
}
trap stop EXIT

(
	cd "$folder"
	"${as[@]}" "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C >"$folder/log" 2>&1
	"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/data/log" -o "-k $folder -c listen_addresses= \
		-c fsync=${FSYNC:-off} -c max_connections=400 -c max_locks_per_transaction=256" start >>"$folder/log" 2>&1
) || {
	cat "$folder/log" "$folder/data/log" >&2 2>/dev/null
	die "PostgreSQL does not start"
}
export CONNTEXT_TEST_POSTGRES="postgres://postgres@localhost/postgres?host=$folder"
"$@"
