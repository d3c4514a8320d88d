#!/usr/bin/env bash
# Installs ConnText on a Debian that has nothing: a fresh root made by debootstrap, with a Rust toolchain mounted.
# From source and as root: install, use, upgrade while it runs, uninstall, install again on the kept data.
# Slow (a release build), needs root and the network. Leaves nothing behind but a cached base root.
#   SUITE, KEEP        see roots.sh
#   BUILD_CACHE=DIR    a folder for the release build that is kept between runs
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
. scripts/tools.sh

[ "$(id -u)" -eq 0 ] || die "this test makes a system root of its own and needs root"
port=${PORT:-7191}
apt_need debootstrap debootstrap
apt_need systemd-analyze systemd
need_rust
toolchain=$(rustc --print sysroot)

# shellcheck source=scripts/roots.sh
. scripts/roots.sh
root=$work/root
environment+=(CARGO_TARGET_DIR=/build)
runner=''
cleanup() {
	[ -z "$runner" ] || kill -TERM "$runner" 2>/dev/null || :
	[ -z "$runner" ] || wait "$runner" 2>/dev/null || :
	roots_cleanup
}
trap cleanup EXIT

began=$SECONDS
passed=0
# What the last command said. Each gets a file of its own: an installer that still runs goes on writing to its.
out=$work/out
next_out() { out=$(mktemp "$work/out.XXXXXX"); }
ok() {
	passed=$((passed + 1))
	printf 'ok  %s (%d s)\n' "$1" "$((SECONDS - began))"
}
fail() {
	printf 'not ok  %s\n' "$1" >&2
	[ ! -f "$out" ] || tail -n 60 "$out" | sed 's/^/    /' >&2
	exit 1
}
says() { grep -qF -- "$1" "$out" || fail "says: $1"; }

# ---- the machine

new_root "$root"
mount_in "$root" "$toolchain" /opt/rust
mkdir -p "${BUILD_CACHE:-$work/build}"
mount_in "$root" "${BUILD_CACHE:-$work/build}" /build
# A place for the unit, as on a machine with systemd; systemd itself is not running here.
mkdir -p "$root/etc/systemd/system"
! chroot "$root" sh -c 'command -v cc || command -v node || command -v curl' || fail "the fresh root has nothing of what we need"
ok "a fresh $suite"

inside() { env -i "${environment[@]}" chroot "$root" "$@"; }
installer() {
	next_out
	inside sh /src/install.sh "$@" >"$out" 2>&1 </dev/null
}

# In the background; waits for its words and for the health check.
start_installer() {
	next_out
	env -i "${environment[@]}" chroot "$root" sh /src/install.sh "$@" >"$out" 2>&1 </dev/null &
	runner=$!
	while ! grep -q 'Address: ' "$out"; do
		kill -0 "$runner" 2>/dev/null || fail "install.sh $*"
		sleep 1
	done
	ready || fail "it says that it is ready, and is not"
}
api() { curl -s --noproxy '*' --max-time 20 -H 'content-type: application/json' "$@"; }
here=http://127.0.0.1:$port
ready() { curl -s -f -o /dev/null --noproxy '*' --max-time 5 "$here/readyz"; }
keys() { (cd "$root/var/lib/conntext/keys" && find . -type f -exec sha256sum {} + | sort); }

# ---- its life

start_installer --toolchain /opt/rust --domain lab.localhost --port "$port"
says "Address: http://lab.localhost:$port"
says "Set-up:  http://lab.localhost:$port/setup?token="
[ "$(stat -c %a "$root/var/lib/conntext")" = 700 ] || fail "the data folder is private"
[ "$(stat -c %a "$root/etc/conntext/conntext.toml")" = 640 ] || fail "the configuration is private"
owner=$(inside stat -c %U /var/lib/conntext)
[ "$owner" = conntext ] || fail "the data belongs to the system user"
process=$(pgrep -f "^/usr/local/bin/conntext serve --config /etc/conntext/conntext.toml" | head -n 1)
[ "$(awk '/^Uid:/ {print $2}' "/proc/$process/status")" = "$(inside id -u conntext)" ] || fail "it runs as the system user"
ok "installs from source with nothing but the toolchain given, and runs as its own user"

curl -s -f --noproxy '*' -H 'accept: text/html' "$here/" | grep -qi '<script' || fail "the web client is inside"
ok "serves the web client"

token=$(sed 's/.*token=//' "$root/var/lib/conntext/setup-url")
next_out
api -d "{\"token\":\"$token\",\"handle\":\"ada\",\"password\":\"quiet-harbour-at-noon\"}" "$here/api/v1/setup" >"$out"
grep -q '"admin":true' "$out" || fail "the set-up address makes the administrator"
bearer=$(api -d '{"handle":"ada","password":"quiet-harbour-at-noon","kind":"bearer"}' "$here/api/v1/sessions" |
	sed -n 's/.*"token":"\([^"]*\)".*/\1/p')
as_ada() { api -H "authorization: Bearer $bearer" "$@"; }
server=$(as_ada -d '{"name":"Kept things"}' "$here/api/v1/servers" | sed -n 's/^{"id":"\([^"]*\)".*/\1/p')
[ -n "$server" ] || fail "a community can be made"
ok "an administrator signs in and makes a community"

# ---- the unit

next_out
inside sh -c 'apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends systemd' >"$out" 2>&1 ||
	fail "systemd's own checker can be installed"
inside systemd-analyze verify /etc/systemd/system/conntext.service >"$out" 2>&1 || fail "systemd-analyze verify"
! grep -q 'conntext.service' "$out" || fail "systemd-analyze verify has nothing to say"
ok "the unit passes systemd-analyze verify"

# ---- upgrade, while it runs

before=$(keys)
printf '\n# a line of the administrator\n' >>"$root/etc/conntext/conntext.toml"
printf '\n' >>"$root/src/server/src/main.rs"
first=$runner
start_installer --toolchain /opt/rust
wait "$first" || fail "the installer that ran before ends well"
[ "$(keys)" = "$before" ] || fail "an upgrade keeps the keys"
grep -qxF '# a line of the administrator' "$root/etc/conntext/conntext.toml" || fail "an upgrade keeps the configuration"
as_ada "$here/api/v1/servers" | grep -qF "$server" || fail "an upgrade keeps accounts, sessions and communities"
! grep -q 'Set-up:' "$out" || fail "an upgrade offers no new set-up address"
ok "an upgrade keeps data, keys, sessions and configuration"

# ---- uninstall, and install again on what was kept

installer --uninstall || fail "uninstall"
wait "$runner" || fail "uninstall ends the running instance"
runner=''
{ [ ! -e "$root/usr/local/bin/conntext" ] && [ ! -e "$root/etc/systemd/system/conntext.service" ]; } || fail "uninstall removes program and unit"
[ "$(keys)" = "$before" ] || fail "uninstall keeps the data"
says "To erase them for ever"
ok "uninstall removes the program and keeps the data"

start_installer --binary /build/release/conntext
as_ada "$here/api/v1/servers" | grep -qF "$server" || fail "the kept data is used again"
kill -TERM "$runner"
wait "$runner" || fail "stops when asked to"
runner=''
ok "installed again it continues with the kept data"

printf '%d passed, 0 failed\n' "$passed"
