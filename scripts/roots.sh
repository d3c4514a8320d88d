# shellcheck shell=bash
# shellcheck disable=SC2154 # `fail` and `out` belong to the script that reads this
# Machines that have nothing: system roots made by debootstrap, each with its own files, for the tests of the installer.
# Sourced after tools.sh. Sets `work` and `environment`; `roots_cleanup` undoes all of it.
#   SUITE=bookworm     the Debian release
#   KEEP=1             keep the roots for a look; their path is printed

suite=${SUITE:-bookworm}
work=$(mktemp -d /var/tmp/conntext-install.XXXXXX)
environment=(HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8)
mounted=()

roots_cleanup() {
	local at
	for ((at = ${#mounted[@]} - 1; at >= 0; at--)); do umount -l "${mounted[at]}" || :; done
	if [ -n "${KEEP:-}" ]; then
		say "Kept: $work"
	elif ! grep -q " $work" /proc/mounts; then
		rm -rf "$work"
	fi
}

# mount_in ROOT OUTSIDE INSIDE
mount_in() {
	mkdir -p "$1$3"
	mount --bind "$2" "$1$3"
	mounted+=("$1$3")
}

# new_root DIR: a fresh system with the checkout's last commit in /src.
new_root() {
	local root=$1 base file name
	local cache=${XDG_CACHE_HOME:-$HOME/.cache}/conntext
	base=$cache/$suite-minbase.tar
	if [ ! -f "$base" ]; then
		say "Making a base root of $suite"
		mkdir -p "$cache"
		debootstrap --variant=minbase "$suite" "$work/base" >"$work/debootstrap" || { cat "$work/debootstrap"; die "debootstrap"; }
		tar -C "$work/base" -cf "$base.new" . && mv "$base.new" "$base"
		rm -rf "$work/base"
	fi
	mkdir "$root"
	tar -C "$root" -xf "$base"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do
		[ ! -f "$file" ] || { rm -f "$root/etc/apt/sources.list" && cp "$file" "$root$file"; }
	done
	# A network that answers with certificates of its own needs them inside too.
	if [ -n "${SSL_CERT_FILE:-}" ]; then
		install -D -m 0644 "$SSL_CERT_FILE" "$root/opt/certificates.pem"
		for name in SSL_CERT_FILE CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS CARGO_HTTP_CAINFO; do
			environment+=("$name=/opt/certificates.pem")
		done
	fi
	mount_in "$root" /proc /proc
	mount_in "$root" /dev /dev
	mount_in "$root" /dev/pts /dev/pts
	mkdir "$root/src"
	git archive HEAD | tar -C "$root/src" -xf -
}
