#!/usr/bin/env bash
# Two machines that have nothing, each set up by install.sh with a name and a certificate of its own, and a browser on
# each: the browser stories about two instances, over https as outside. Needs root and Chromium.
#   SUITE, KEEP        see roots.sh
#   BINARY=FILE        the program to install; built here otherwise
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
. scripts/tools.sh

[ "$(id -u)" -eq 0 ] || die "this test makes system roots of its own and needs root"
apt_need debootstrap debootstrap
apt_need openssl openssl
apt_need chromium chromium
web_packages
if [ -z "${BINARY:-}" ]; then
	scripts/build.sh
	BINARY=$(release_binary)
fi

# shellcheck source=scripts/roots.sh
. scripts/roots.sh
trap roots_cleanup EXIT

# The names are those reserved for examples; only the two instances and the browser are told where they are.
names=([0]=lamp.example [1]=quay.example)
addresses=([0]=127.0.0.2 [1]=127.0.0.3)
resolve=''
rules=''
for at in 0 1; do
	resolve+=${resolve:+,}${names[at]}=${addresses[at]}:443
	rules+=${rules:+,}"MAP ${names[at]} ${addresses[at]}"
done

say "Making certificates"
authority=$work/authority
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=Pair test' \
	-keyout "$authority.key" -out "$authority.pem" 2>/dev/null

# set_up NUMBER: a root with an instance in it.
set_up() {
	local name=${names[$1]} address=${addresses[$1]} root=$work/${names[$1]}
	say "Installing $name"
	new_root "$root"
	mkdir -p "$root/opt/tls" "$root/etc/systemd/system"
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
		-keyout "$root/opt/tls/key.pem" -out "$work/request.pem" 2>/dev/null
	openssl x509 -req -in "$work/request.pem" -CA "$authority.pem" -CAkey "$authority.key" -days 2 \
		-extfile <(printf 'subjectAltName=DNS:%s,IP:%s\n' "$name" "$address") -out "$root/opt/tls/cert.pem" 2>/dev/null
	chmod 0644 "$root/opt/tls/key.pem"
	cp "$authority.pem" "$root/opt/tls/authority.pem"
	cp "$BINARY" "$root/opt/conntext"
	env -i "${environment[@]}" chroot "$root" sh /src/install.sh --binary /opt/conntext --domain "$name" \
		--tls-cert /opt/tls/cert.pem --tls-key /opt/tls/key.pem --no-start >"$work/$name.log" 2>&1 </dev/null ||
		{ cat "$work/$name.log"; die "install.sh on the machine of $name"; }
	# As the unit starts it: its own user, low ports, nothing else. The listed variables stand for the public name
	# service and certificate authorities, which two machines in one test do not have.
	cat >"$work/$name.sh" <<SERVE
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin CONNTEXT_TEST=1 CONNTEXT_FED_RESOLVE='$resolve' CONNTEXT_FED_CA=/opt/tls/authority.pem \
	CONNTEXT__HTTP__LISTEN=$address:443 CONNTEXT__LIMITS__REGISTER_BURST=100 chroot '$root' \
	setpriv --reuid=conntext --regid=conntext --init-groups --inh-caps=+net_bind_service --ambient-caps=+net_bind_service \
	/usr/local/bin/conntext serve --config /etc/conntext/conntext.toml
SERVE
}

installed() {
	printf '{"domain":"%s","url":"https://%s","ready":"https://%s/readyz","data":"%s","serve":"%s"}' \
		"${names[$1]}" "${names[$1]}" "${addresses[$1]}" "$work/${names[$1]}/var/lib/conntext" "$work/${names[$1]}.sh"
}

set_up 0
set_up 1
say "The browser stories of two instances"
CONNTEXT_INSTALLED="{\"a\":$(installed 0),\"b\":$(installed 1)}" CONNTEXT_RESOLVE=$rules \
	NODE_EXTRA_CA_CERTS=$authority.pem NO_PROXY="127.0.0.2,127.0.0.3" \
	npm run --silent e2e -- talk away restarts
