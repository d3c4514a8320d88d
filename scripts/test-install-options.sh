#!/usr/bin/env bash
# Tests what install.sh does with its options, and a whole life of an installation without systemd as an ordinary
# person: install, run, upgrade, uninstall. Uses a binary that is already built (default: the debug one).
# The same as root, from source and on a bare system: scripts/test-install.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
. scripts/tools.sh

# The real file: some sandboxes and caches give a path that only its owner may enter.
program=${1:-$(debug_binary)}
[ -x "$program" ] || die "there is no program $program; build it first: cargo build --workspace"

work=$(mktemp -d)
runner=''
cleanup() {
	if [ -n "$runner" ]; then kill -TERM "$runner" 2>/dev/null || :; fi
	rm -rf "$work"
}
trap cleanup EXIT
# Root would install for the whole machine: the life below is that of somebody without rights.
as_person=()
if [ "$(id -u)" -eq 0 ]; then
	as_person=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	chmod 0755 "$work"
fi
mkdir "$work/home" "$work/source"
cp install.sh "$work/source/"
mkdir "$work/source/scripts"
cp -R scripts/install "$work/source/scripts/"
cp "$program" "$work/conntext"
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$work"

passed=0
# What the last command said. Each gets a file of its own: an installer that still runs goes on writing to its.
out=$work/out
next_out() {
	out=$(mktemp "$work/out.XXXXXX")
}
ok() {
	passed=$((passed + 1))
	printf 'ok  %s\n' "$1"
}
fail() {
	printf 'not ok  %s\n' "$1" >&2
	[ ! -f "$out" ] || sed 's/^/    /' "$out" >&2
	exit 1
}

# installer OPTIONS…: runs it as the person; what it says goes to $out.
installer() {
	next_out
	(cd "$work" && env -u XDG_CONFIG_HOME -u XDG_DATA_HOME HOME="$work/home" "${as_person[@]}" sh source/install.sh "$@") \
		>"$out" 2>&1 </dev/null
}

# refuses NAME STATUS WORDS OPTIONS…: it must stop with the status and say the words.
refuses() {
	local name=$1 want=$2 words=$3 status=0
	shift 3
	installer "$@" || status=$?
	[ "$status" -eq "$want" ] || fail "$name (exit $status, not $want)"
	grep -qF -- "$words" "$out" || fail "$name (does not say: $words)"
	ok "$name"
}

says() { grep -qF -- "$1" "$out" || fail "says: $1"; }

# ---- options

installer --help || fail "--help"
for option in --prefix --data --domain --port --tls-cert --tls-key --toolchain --no-start --uninstall --help; do
	says "$option"
done
ok "--help names every option"

refuses "an unknown option" 2 "unknown option: --colour" --colour
refuses "an option without its value" 2 "--domain needs a value" --domain
refuses "an empty value" 2 "--port needs a value" --port=
refuses "a port that is no number" 2 "--port needs a number" --port http
refuses "a port that is too large" 2 "--port needs a number" --port 65536
refuses "port zero" 2 "--port needs a number" --port 0
refuses "an address as the domain" 2 "not an address" --domain https://chat.example.org
refuses "a domain with a port" 2 "without a port" --domain chat.example.org:443
refuses "a domain of one word" 2 "not a domain name that others can reach" --domain chat
refuses "a number as the domain" 2 "not a domain name" --domain 192.0.2.1
refuses "a domain with odd characters" 2 "characters that a domain cannot have" --domain 'chat_room.example.org'
refuses "a certificate without a key" 2 "--tls-cert needs --tls-key" --tls-cert /dev/null
refuses "a certificate that is not there" 1 "cannot be read" --tls-cert "$work/no.pem" --tls-key "$work/no.key"
refuses "a path that a service file cannot hold" 2 "a path with spaces" --data "$work/my data"
refuses "a folder of the system as data" 2 "needs a folder of its own" --data /var/lib
refuses "a toolchain that is not there" 1 "there is no Rust toolchain" --toolchain "$work/none"
refuses "a source folder without source" 1 "there is no source beside this script" --prefix "$work/nothing"
refuses "removing what is not there" 1 "there is no ConnText under" --uninstall --prefix "$work/nothing"

# ---- a life

port=$((20000 + $$ % 20000))
prefix=$work/place
data=$prefix/var/lib/conntext
config=$prefix/etc/conntext/conntext.toml
ready() { curl -s -f -o /dev/null --noproxy '*' --max-time 2 "http://127.0.0.1:$port/readyz"; }

installer --prefix "$prefix" --domain tea.localhost --port "$port" --binary "$work/conntext" --no-start ||
	fail "installs without starting"
[ -x "$prefix/bin/conntext" ] || fail "the program is in its place"
[ "$(stat -c %a "$data")" = 700 ] || fail "the data folder is private"
[ "$(stat -c %a "$config")" = 600 ] || fail "the configuration is private"
grep -qxF "domain = \"tea.localhost:$port\"" "$config" || fail "the configuration names the instance"
says "Installed, not started"
! ready || fail "--no-start starts nothing"
ok "installs without starting"

start_installer() {
	next_out
	(cd "$work" && exec env -u XDG_CONFIG_HOME -u XDG_DATA_HOME HOME="$work/home" "${as_person[@]}" sh source/install.sh "$@") \
		>"$out" 2>&1 </dev/null &
	runner=$!
	for _ in $(seq 150); do
		if grep -q 'Address: ' "$out" && ready; then return; fi
		kill -0 "$runner" 2>/dev/null || fail "starts in the foreground"
		sleep 0.2
	done
	fail "is ready within 30 seconds"
}

start_installer --prefix "$prefix" --binary "$work/conntext"
says "Address: http://tea.localhost:$port"
says "Set-up:  http"
grep -qF "$(cat "$data/setup-url")" "$out" || fail "prints the set-up address"
ok "starts in the foreground, waits until it is ready, prints both addresses"

first=$runner
secrets() { (cd "$data/keys" && find . -type f -exec sha256sum {} + | sort); }
before=$(secrets)
[ -n "$before" ] || fail "keys were made"
printf '\n# a line of the administrator\n[accounts]\nregistration = "closed"\n' >>"$config"
start_installer --prefix "$prefix" --binary "$work/conntext"
for _ in $(seq 50); do kill -0 "$first" 2>/dev/null || break; sleep 0.2; done
! kill -0 "$first" 2>/dev/null || fail "the upgrade ends the old process"
[ "$(secrets)" = "$before" ] || fail "the upgrade keeps the keys"
grep -qxF '# a line of the administrator' "$config" || fail "the upgrade keeps the configuration"
curl -s --noproxy '*' "http://127.0.0.1:$port/api/v1/instance" | grep -q '"registration":"closed"' ||
	fail "the kept configuration is in force"
ok "run again it stops the old process and keeps keys, data and configuration"

mkdir "$work/copy"
cp -R "$prefix" "$work/copy/"
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$work/copy"
sed "s|$prefix|$work/copy/place|" "$config" >"$work/copy/place/etc/conntext/conntext.toml"
rm -f "$work/copy/place/var/lib/conntext/conntext.pid"
refuses "a port that is taken, even by another instance of ours" 1 "did not become ready" --prefix "$work/copy/place" --binary "$work/conntext"

kill -TERM "$runner"
wait "$runner" || fail "ends well when asked to"
runner=''
! ready || fail "stops with the installer"
ok "stops when it is asked to"

printf '#!/bin/sh\nexec %s/conntext "$@"\n' "$work" >"$work/newer"
chmod 0755 "$work/newer"
installer --prefix "$prefix" --binary "$work/newer" --no-start || fail "replaces the program"
cmp -s "$prefix/bin/conntext.previous" "$work/conntext" || fail "keeps the program before"
ok "an upgrade keeps the program before it"

refuses "another domain on the same data" 1 "Another domain" --prefix "$prefix" --domain other.example.org --binary "$work/conntext"
refuses "another data folder" 1 "keeps its data in" --prefix "$prefix" --data "$work/elsewhere" --binary "$work/conntext"

installer --prefix "$prefix" --uninstall || fail "uninstalls"
[ ! -e "$prefix/bin/conntext" ] || fail "uninstall removes the program"
{ [ -d "$data/keys" ] && [ -f "$config" ]; } || fail "uninstall keeps data and configuration"
says "To erase them for ever"
ok "uninstall keeps what people wrote"

# ---- plain http where others can reach it

installer --prefix "$work/open" --domain chat.example.org --port 8088 --binary "$work/conntext" --no-start || fail "installs for a domain"
says "are refused over plain http"
ok "plain http outside of this machine is explained"

printf '%d passed, 0 failed\n' "$passed"
