#!/bin/sh
# Installs ConnText on this machine, or upgrades it: safe to run again, keeps data, secrets and configuration.
# Runs whole or not at all when the file arrives cut off: nothing happens before `main "$@"`, the last line.
set -eu

# The oldest tools that build ConnText.
RUST_MIN=1.95
NODE_MIN=20.19
NPM_MIN=11
# What is fetched where the machine has none.
RUST_FETCH=1.95.0
NODE_FETCH=22
NPM_FETCH=11
# How long a start may take: the first one makes keys, an upgrade may migrate a large database.
READY_SECONDS=120

usage() {
	cat <<'USAGE'
ConnText installer

Usage: ./install.sh [OPTIONS]

Builds ConnText from this folder, installs it, starts it and prints its address. Run it again to upgrade:
data, secrets and configuration are kept, the old program stays beside the new one as conntext.previous.

Options:
  --domain NAME      the name of this instance, such as chat.example.org. It becomes part of every account
                     (anna@chat.example.org) and cannot be changed later. Default: localhost
  --port N           the port to listen on. Default: 443 with a certificate, else 8080
  --tls-cert FILE    certificate chain (PEM); ConnText then serves https itself
  --tls-key FILE     private key of the certificate (PEM)
  --prefix DIR       where the program goes (DIR/bin). Default: /usr/local as root, else ~/.local
  --data DIR         where everything that people write is kept. Default: /var/lib/conntext as root,
                     else ~/.local/share/conntext
  --toolchain DIR    use the Rust toolchain in DIR (DIR/bin/cargo) instead of looking for one
  --binary FILE      install this program instead of building one
  --no-start         install, but start nothing
  --uninstall        remove the program and its service; data and configuration are kept unless you say otherwise
  --help             show this text

Environment: CARGO_TARGET_DIR sets where the build is made (default: ./target).
USAGE
}

say() { printf '%s\n' "$*"; }
step() { printf '\n==> %s\n' "$*"; }
warn() { printf 'Warning: %s\n' "$*" >&2; }
die() {
	printf 'Error: %s\n' "$*" >&2
	exit 1
}
misuse() {
	printf 'Error: %s\nRun ./install.sh --help for what there is.\n' "$*" >&2
	exit 2
}

have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" -eq 0 ]; }
has_systemd() { [ -d /run/systemd/system ] && have systemctl; }

# at_least HAVE WANT: whether version HAVE is WANT or later, by dotted numbers.
at_least() {
	awk -v have="$1" -v want="$2" 'BEGIN {
		n = split(want, w, "."); split(have, h, ".")
		for (i = 1; i <= n; i++) {
			if (h[i] + 0 > w[i] + 0) exit 0
			if (h[i] + 0 < w[i] + 0) exit 1
		}
		exit 0
	}'
}

# absolute PATH: the path seen from the root folder, whether or not it exists.
absolute() {
	case $1 in
	/*) printf '%s\n' "$1" ;;
	*) printf '%s/%s\n' "$(pwd)" "${1#./}" ;;
	esac
}

# ---------------------------------------------------------------- what was asked for

parse_arguments() {
	prefix='' data='' domain='' port='' tls_cert='' tls_key='' toolchain='' binary=''
	start=yes uninstall=no
	while [ $# -gt 0 ]; do
		case $1 in
		--prefix | --data | --domain | --port | --tls-cert | --tls-key | --toolchain | --binary)
			if [ $# -lt 2 ] || [ -z "$2" ]; then misuse "$1 needs a value"; fi
			set_option "$1" "$2"
			shift 2
			;;
		--prefix=* | --data=* | --domain=* | --port=* | --tls-cert=* | --tls-key=* | --toolchain=* | --binary=*)
			[ -n "${1#*=}" ] || misuse "${1%%=*} needs a value"
			set_option "${1%%=*}" "${1#*=}"
			shift
			;;
		--no-start)
			start=no
			shift
			;;
		--uninstall)
			uninstall=yes
			shift
			;;
		--help | -h)
			usage
			exit 0
			;;
		*) misuse "unknown option: $1" ;;
		esac
	done
	check_arguments
}

set_option() {
	case $1 in
	--prefix) prefix=$(absolute "$2") ;;
	--data) data=$(absolute "$2") ;;
	--domain) domain=$(printf '%s' "$2" | tr '[:upper:]' '[:lower:]') ;;
	--port) port=$2 ;;
	--tls-cert) tls_cert=$(absolute "$2") ;;
	--tls-key) tls_key=$(absolute "$2") ;;
	--toolchain) toolchain=$(absolute "$2") ;;
	--binary) binary=$(absolute "$2") ;;
	esac
}

check_arguments() {
	case $prefix$data$tls_cert$tls_key in
	*[\"\\%\ ]*) misuse "a path with spaces, quotes, percent signs or backslashes cannot be used here" ;;
	esac
	case $prefix in /) misuse "--prefix / would put folders of ours beside the system's; use /usr/local or /opt/conntext" ;; esac
	case $data in / | /usr | /etc | /var | /var/lib | /home | /root | /tmp | /opt | /boot) misuse "--data needs a folder of its own, not $data" ;; esac
	case $port in
	'') ;;
	*[!0-9]* | ??????*) misuse "--port needs a number from 1 to 65535, not '$port'" ;;
	*) if [ "$port" -lt 1 ] || [ "$port" -gt 65535 ]; then misuse "--port needs a number from 1 to 65535, not '$port'"; fi ;;
	esac
	case $domain in
	'') ;;
	*://* | */*) misuse "--domain needs a name alone, such as chat.example.org, not an address ('$domain')" ;;
	*:*) misuse "--domain needs a name without a port; use --port for that ('$domain')" ;;
	*[!a-z0-9.-]*) misuse "--domain '$domain' has characters that a domain cannot have (write international names in their xn-- form)" ;;
	.* | -* | *. | *- | *..* | *.-* | *-.*) misuse "--domain '$domain' is not a domain name" ;;
	localhost | *.localhost) ;;
	*.*[a-z]*) ;;
	*) misuse "--domain '$domain' is not a domain name that others can reach; give one such as chat.example.org" ;;
	esac
	if [ -n "$tls_cert$tls_key" ]; then
		[ -n "$tls_cert" ] || misuse "--tls-key needs --tls-cert too"
		[ -n "$tls_key" ] || misuse "--tls-cert needs --tls-key too"
		[ "$uninstall" = yes ] || [ -r "$tls_cert" ] || die "the certificate $tls_cert cannot be read"
		[ "$uninstall" = yes ] || [ -r "$tls_key" ] || die "the key $tls_key cannot be read"
	fi
	if [ -n "$binary" ]; then
		[ -x "$binary" ] || die "$binary is not a program that can be run"
	fi
	if [ -n "$toolchain" ]; then
		[ -x "$toolchain/bin/cargo" ] || die "there is no Rust toolchain in $toolchain ($toolchain/bin/cargo is missing)"
	fi
}

# Sets every path from the prefix and what the machine allows.
choose_paths() {
	if is_root; then
		prefix=${prefix:-/usr/local}
		service_user=conntext
		case $prefix in
		/usr | /usr/local)
			config_dir=/etc/conntext
			default_data=/var/lib/conntext
			;;
		*)
			config_dir=$prefix/etc/conntext
			default_data=$prefix/var/lib/conntext
			;;
		esac
	else
		service_user=''
		if [ -z "$prefix" ]; then
			[ -n "${HOME:-}" ] || die "HOME is not set; say where to install with --prefix"
			prefix=$HOME/.local
			config_dir=${XDG_CONFIG_HOME:-$HOME/.config}/conntext
			default_data=${XDG_DATA_HOME:-$HOME/.local/share}/conntext
		else
			config_dir=$prefix/etc/conntext
			default_data=$prefix/var/lib/conntext
		fi
	fi
	program=$prefix/bin/conntext
	config=$config_dir/conntext.toml
	unit=/etc/systemd/system/conntext.service
	choose_data
}

# An installation that is there already says itself where its data is.
choose_data() {
	known=$(config_value storage data_dir)
	if [ -n "$known" ] && [ -n "$data" ] && [ "$data" != "$known" ]; then
		die "this installation keeps its data in $known, not in $data. To move it: stop ConnText, move the folder, change data_dir in $config, then run this again without --data"
	fi
	data=${data:-${known:-$default_data}}
	pid_file=$data/conntext.pid
}

# ---------------------------------------------------------------- the configuration file

# config_value SECTION KEY: what the configuration file says, without quotes; empty where it says nothing.
config_value() {
	[ -r "$config" ] || return 0
	awk -v section="[$1]" -v key="$2" '
		/^[ \t]*\[/ { sub(/^[ \t]+/, ""); sub(/[ \t]*(#.*)?$/, ""); inside = ($0 == section); next }
		inside {
			line = $0
			if (line !~ "^[ \t]*" key "[ \t]*=") next
			sub(/^[^=]*=[ \t]*/, "", line)
			if (line ~ /^"/) { sub(/^"/, "", line); sub(/".*$/, "", line) } else sub(/[ \t]*(#.*)?$/, "", line)
			print line
			exit
		}' "$config"
}

# config_set SECTION KEY VALUE: changes this one key and leaves every other line as it is. VALUE is written as given.
config_set() {
	awk -v section="[$1]" -v key="$2" -v value="$3" '
		function put() { print key " = " value; done = 1 }
		/^[ \t]*\[/ {
			if (inside && !done) put()
			head = $0; sub(/^[ \t]+/, "", head); sub(/[ \t]*(#.*)?$/, "", head)
			inside = (head == section)
		}
		inside && !done && $0 ~ "^[ \t]*" key "[ \t]*=" { put(); next }
		{ print }
		END { if (!done) { if (!inside) print "\n" section; put() } }' "$config" >"$config.new"
	# Written over, not moved over: owner and mode stay as they are.
	cat "$config.new" >"$config"
	rm -f "$config.new"
}

is_local_domain() {
	case $1 in localhost | *.localhost) return 0 ;; *) return 1 ;; esac
}

# listen_on DOMAIN PORT: a name that only this machine knows is served to this machine only.
listen_on() {
	if is_local_domain "$1"; then
		printf '127.0.0.1:%s\n' "$2"
	elif [ -s /proc/net/if_inet6 ]; then
		printf '[::]:%s\n' "$2"
	else
		printf '0.0.0.0:%s\n' "$2"
	fi
}

# For other instances, a local name is only unique with its port.
instance_name_for() {
	if is_local_domain "$1"; then printf '%s:%s\n' "$1" "$2"; else printf '%s\n' "$1"; fi
}

write_config() {
	mkdir -p "$config_dir"
	if [ -f "$config" ]; then
		update_config
	else
		new_config
	fi
	if is_root; then
		chown root:"$service_user" "$config_dir" "$config"
		chmod 0750 "$config_dir"
		chmod 0640 "$config"
	else
		chmod 0600 "$config"
	fi
}

new_config() {
	new_domain=${domain:-localhost}
	if [ -n "$tls_cert" ]; then new_port=${port:-443}; else new_port=${port:-8080}; fi
	umask_before=$(umask)
	umask 077
	{
		cat <<CONFIG
# The configuration of this ConnText instance. The installer writes it once and later changes only what it is told
# to by an option. All settings with their meaning: conntext config example
# Each can also be set by the environment: CONNTEXT__SECTION__KEY.

[instance]
# Part of every account of this instance; it cannot be changed once people use it.
domain = "$(instance_name_for "$new_domain" "$new_port")"

[http]
listen = "$(listen_on "$new_domain" "$new_port")"
CONFIG
		if [ -n "$tls_cert" ]; then
			printf 'tls_cert = "%s"\ntls_key = "%s"\n' "$tls_cert" "$tls_key"
			if [ "$new_port" != 443 ] && ! is_local_domain "$new_domain"; then
				printf '# What people type; other instances still ask at port 443 of the domain.\npublic_url = "https://%s:%s"\n' "$new_domain" "$new_port"
			fi
		fi
		printf '\n[storage]\ndata_dir = "%s"\n' "$data"
		if is_local_domain "$new_domain"; then
			cat <<'CONFIG'

[federation]
# For trying things out on one machine: names such as a.localhost:8080, plain http, loopback addresses.
dev_insecure = true
CONFIG
		fi
	} >"$config.new"
	umask "$umask_before"
	mv "$config.new" "$config"
	say "Configuration: $config (new)"
}

# What the options ask of an installation that is there already, before anything is built or stopped.
check_against_config() {
	[ -f "$config" ] || return 0
	old_domain=$(config_value instance domain)
	if [ -n "$domain" ] && [ "${old_domain%%:*}" != "$domain" ]; then
		die "this instance is $old_domain and its accounts are named after it, so it cannot become $domain. For a second instance on this machine use another --prefix"
	fi
	old_listen=$(config_value http listen)
	if [ -n "$port" ] && [ "${old_listen##*:}" != "$port" ]; then
		case $old_domain in
		*:*) die "this instance is known as $old_domain, so its port cannot change. For a second instance on this machine use another --prefix" ;;
		esac
	fi
}

update_config() {
	if [ -n "$port" ] && [ "${old_listen##*:}" != "$port" ]; then
		config_set http listen "\"$(listen_on "${old_domain%%:*}" "$port")\""
	fi
	if [ -n "$tls_cert" ]; then
		config_set http tls_cert "\"$tls_cert\""
		config_set http tls_key "\"$tls_key\""
	fi
	say "Configuration: $config (kept)"
}

# ---------------------------------------------------------------- what the build needs

# need_packages NAME…: installs Debian packages, or says which ones an administrator must install.
need_packages() {
	have apt-get || die "these are missing: $*. Install them with this system's package manager, then run this again"
	if ! is_root; then
		die "these packages are missing: $*. Ask an administrator to run: apt-get install $*"
	fi
	say "Installing packages: $*"
	if [ "${apt_updated:-no}" = no ]; then
		DEBIAN_FRONTEND=noninteractive apt-get -q update >/dev/null || die "apt-get update failed; is the network there?"
		apt_updated=yes
	fi
	DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "$@" >/dev/null ||
		die "apt-get could not install: $*"
}

check_build_tools() {
	missing=''
	have cc || missing="$missing gcc libc6-dev"
	[ -e /etc/ssl/certs/ca-certificates.crt ] || missing="$missing ca-certificates"
	# shellcheck disable=SC2086 # a list of package names
	[ -z "$missing" ] || need_packages $missing
}

check_run_tools() {
	have curl || need_packages curl ca-certificates
	if is_root && ! has_systemd; then
		have setpriv || need_packages util-linux
	fi
}

# Sets `cargo` to one that builds ConnText.
find_rust() {
	if [ -n "$toolchain" ]; then
		use_rust "$toolchain/bin" || die "the toolchain in $toolchain is older than Rust $RUST_MIN"
		return
	fi
	for bin in "$(dirname "$(command -v cargo 2>/dev/null || printf /nowhere/cargo)")" "${CARGO_HOME:-$HOME/.cargo}/bin"; do
		if [ -x "$bin/cargo" ] && use_rust "$bin"; then return; fi
	done
	step "Installing Rust $RUST_FETCH"
	have curl || need_packages curl ca-certificates
	if ! have rustup && [ ! -x "${CARGO_HOME:-$HOME/.cargo}/bin/rustup" ]; then
		curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs -o "$work/rustup-init.sh" ||
			die "the Rust installer could not be fetched. Install Rust $RUST_MIN or later yourself, or point to one with --toolchain DIR"
		sh "$work/rustup-init.sh" -y --profile minimal --default-toolchain "$RUST_FETCH" --no-modify-path ||
			die "Rust could not be installed; point to a toolchain with --toolchain DIR"
	else
		PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin rustup toolchain install "$RUST_FETCH" --profile minimal ||
			die "rustup could not install Rust $RUST_FETCH; point to a toolchain with --toolchain DIR"
		RUSTUP_TOOLCHAIN=$RUST_FETCH
		export RUSTUP_TOOLCHAIN
	fi
	for bin in "${CARGO_HOME:-$HOME/.cargo}/bin" "$(dirname "$(command -v cargo 2>/dev/null || printf /nowhere/cargo)")"; do
		if [ -x "$bin/cargo" ] && use_rust "$bin"; then return; fi
	done
	die "Rust was installed, but no cargo of version $RUST_MIN or later was found"
}

# use_rust BIN: takes the toolchain in BIN when it is recent enough. Asked outside of the checkout's folder settings.
use_rust() {
	version=$("$1/rustc" --version 2>/dev/null | awk '{print $2}') || return 1
	[ -n "$version" ] && at_least "$version" "$RUST_MIN" || return 1
	cargo=$1/cargo
	PATH=$1:$PATH
	export PATH
	say "Rust $version ($1)"
}

node_is_recent() {
	have node && have npm || return 1
	at_least "$(node --version 2>/dev/null | tr -d v)" "$NODE_MIN" && at_least "$(npm --version 2>/dev/null)" "$NPM_MIN"
}

# Puts a Node.js that builds the web apps first in PATH.
find_node() {
	tools=${XDG_CACHE_HOME:-${HOME:-$work}/.cache}/conntext/node
	if ! node_is_recent && [ -x "$tools/node_modules/.bin/node" ]; then
		PATH=$tools/node_modules/.bin:$PATH
		export PATH
	fi
	if ! node_is_recent; then
		step "Installing Node.js $NODE_FETCH"
		# Debian's own may be too old to build with, but its npm can fetch a newer one: Node.js is a package of npm too.
		if ! have node || ! have npm; then need_packages nodejs npm; fi
		if ! node_is_recent; then
			mkdir -p "$tools"
			npm install --prefix "$tools" --no-audit --no-fund --loglevel=error "node@$NODE_FETCH" "npm@$NPM_FETCH" ||
				die "Node.js $NODE_FETCH could not be installed. Install Node.js $NODE_MIN or later yourself, then run this again"
			PATH=$tools/node_modules/.bin:$PATH
			export PATH
		fi
	fi
	node_is_recent || die "Node.js $NODE_MIN and npm $NPM_MIN or later are needed, found: node $(node --version 2>/dev/null || printf none), npm $(npm --version 2>/dev/null || printf none)"
	say "Node.js $(node --version), npm $(npm --version)"
}

build() {
	[ -f "$checkout/Cargo.toml" ] || die "there is no source beside this script; run it from the ConnText folder, or use --binary FILE"
	step "Looking for what the build needs"
	check_build_tools
	find_rust
	find_node
	step "Building the web apps"
	(cd "$checkout" && npm ci --no-audit --no-fund --loglevel=error && npm run build) >"$work/web.log" 2>&1 || {
		tail -n 40 "$work/web.log" >&2
		die "the web apps could not be built; what was said last stands above"
	}
	step "Building the program (some minutes)"
	(cd "$checkout" && "$cargo" build --release --locked --package conntext-server --bin conntext) ||
		die "the program could not be built; what was said last stands above"
	binary=${CARGO_TARGET_DIR:-$checkout/target}/release/conntext
	[ -x "$binary" ] || die "the build ended without the program $binary"
}

# ---------------------------------------------------------------- putting it in place

make_user() {
	is_root || return 0
	if ! id "$service_user" >/dev/null 2>&1; then
		have useradd || need_packages passwd
		useradd --system --user-group --home-dir "$data" --no-create-home --shell /usr/sbin/nologin "$service_user"
		say "System user: $service_user (new)"
	fi
}

make_data_folder() {
	if [ ! -d "$data" ]; then
		(umask 077 && mkdir -p "$data")
		# Folders made on the way must let the service through to its own.
		parent=$(dirname "$data")
		while is_root && [ "$parent" != / ] && [ "$parent" != "$(dirname "$prefix")" ]; do
			case $(stat -c %a "$parent") in 700) chmod 0755 "$parent" ;; *) break ;; esac
			parent=$(dirname "$parent")
		done
	fi
	if is_root; then chown "$service_user:$service_user" "$data"; fi
	chmod 0700 "$data"
}

as_service() {
	if is_root; then
		setpriv --reuid="$service_user" --regid="$service_user" --init-groups \
			--inh-caps=+net_bind_service --ambient-caps=+net_bind_service "$@"
	else
		"$@"
	fi
}

check_tls_files() {
	cert=$(config_value http tls_cert)
	key=$(config_value http tls_key)
	for file in $cert $key; do
		if is_root && have setpriv && ! setpriv --reuid="$service_user" --regid="$service_user" --init-groups test -r "$file"; then
			die "the user $service_user cannot read $file. Allow it, for example: chgrp $service_user $file && chmod g+r $file (and let it enter the folders above), then run this again"
		fi
	done
}

# The new file is complete and named in one step, so that there is a whole program at every moment.
place_program() {
	mkdir -p "$prefix/bin"
	cp "$binary" "$program.new"
	chmod 0755 "$program.new"
	"$program.new" --version >/dev/null 2>&1 || {
		rm -f "$program.new"
		die "the new program does not run on this machine; nothing was changed"
	}
	if [ -f "$program" ]; then
		if cmp -s "$program" "$program.new"; then
			rm -f "$program.new"
			say "Program: $program (unchanged)"
			return
		fi
		ln -f "$program" "$program.previous.new" 2>/dev/null || cp -p "$program" "$program.previous.new"
		mv -f "$program.previous.new" "$program.previous"
	fi
	mv -f "$program.new" "$program"
	say "Program: $program ($("$program" --version))"
}

write_unit() {
	home_protection=yes
	case $data$program$(config_value http tls_cert)$(config_value http tls_key) in
	*/home/* | */root/* | */run/user/*) home_protection=no ;;
	esac
	if [ "$data" = /var/lib/conntext ]; then
		data_lines="StateDirectory=conntext
StateDirectoryMode=0700"
	else
		data_lines="ReadWritePaths=$data"
	fi
	cat >"$1" <<UNIT
[Unit]
Description=ConnText community chat
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=300
StartLimitBurst=10

[Service]
Type=exec
User=$service_user
Group=$service_user
ExecStart=$program serve --config $config
Restart=always
RestartSec=2
TimeoutStopSec=30
LimitNOFILE=65536
UMask=0077
$data_lines

# It may open low ports, and nothing else that needs a privilege.
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=$home_protection
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
UNIT
}

# The unit is named once per machine; a second installation beside it (another --prefix) runs without one.
owns_unit() {
	is_root || return 1
	[ ! -f "$unit" ] || grep -q "^ExecStart=$program " "$unit"
}

install_unit() {
	owns_unit || {
		if is_root; then warn "$unit belongs to another installation; this one gets no service of its own"; fi
		return 0
	}
	[ -d /etc/systemd/system ] || return 0
	write_unit "$unit.new"
	chmod 0644 "$unit.new"
	mv -f "$unit.new" "$unit"
	say "Service: $unit"
	if has_systemd; then systemctl daemon-reload; fi
}

# ---------------------------------------------------------------- starting and stopping

uses_service() { is_root && has_systemd && [ -f "$unit" ] && owns_unit; }

# The process that an earlier run of this installer started without systemd, or nothing.
foreground_pid() {
	[ -r "$pid_file" ] || return 0
	pid=$(cat "$pid_file" 2>/dev/null)
	case $pid in '' | *[!0-9]*) return 0 ;; esac
	# A number may since belong to somebody else: only our own program counts, also after it was replaced.
	case $(readlink "/proc/$pid/exe" 2>/dev/null) in
	"$program" | "$program (deleted)" | "$program.previous" | "$program.previous (deleted)") printf '%s\n' "$pid" ;;
	esac
}

stop_running() {
	if uses_service && systemctl is-active --quiet conntext; then
		say "Stopping the service"
		systemctl stop conntext
	fi
	pid=$(foreground_pid)
	if [ -n "$pid" ]; then
		say "Stopping the running instance"
		kill -TERM "$pid" 2>/dev/null || :
		waited=0
		while [ -n "$(foreground_pid)" ]; do
			[ "$waited" -lt 40 ] || die "the running instance (process $pid) does not stop; end it, then run this again"
			sleep 1
			waited=$((waited + 1))
		done
	fi
	rm -f "$pid_file"
}

local_url() {
	listen=$(config_value http listen)
	listen=${listen:-127.0.0.1:8080}
	host=${listen%:*}
	case $host in 0.0.0.0 | '[::]' | '') host=127.0.0.1 ;; esac
	if [ -n "$(config_value http tls_cert)" ]; then scheme=https; else scheme=http; fi
	printf '%s://%s:%s\n' "$scheme" "$host" "${listen##*:}"
}

public_url() {
	public=$(config_value http public_url)
	if [ -n "$public" ]; then
		printf '%s\n' "${public%/}"
		return
	fi
	name=$(config_value instance domain)
	listen=$(config_value http listen)
	listen_port=${listen##*:}
	if [ -n "$(config_value http tls_cert)" ]; then
		if [ "$listen_port" = 443 ]; then printf 'https://%s\n' "${name%%:*}"; else printf 'https://%s:%s\n' "${name%%:*}" "$listen_port"; fi
	elif is_local_domain "${name%%:*}"; then
		printf 'http://%s:%s\n' "${name%%:*}" "$listen_port"
	else
		printf 'https://%s\n' "$name"
	fi
}

# The certificate is for the domain, not for the loopback address that is asked here: hence --insecure.
is_ready() { curl --silent --fail --insecure --noproxy '*' --max-time 5 --output /dev/null "$(local_url)/readyz"; }

# wait_until_ready ALIVE_COMMAND…: until it is ready, is no longer alive, or the time is over.
wait_until_ready() {
	waited=0
	while ! is_ready; do
		"$@" || return 1
		[ "$waited" -lt "$READY_SECONDS" ] || return 1
		sleep 1
		waited=$((waited + 1))
	done
}

service_alive() { ! systemctl is-failed --quiet conntext; }
child_alive() { kill -0 "$child" 2>/dev/null; }

start_service() {
	step "Starting the service"
	systemctl enable --quiet conntext
	systemctl start conntext
	if ! wait_until_ready service_alive; then
		journalctl --unit conntext --no-pager --lines 20 >&2 || :
		die "ConnText did not become ready; what it said last stands above. More: journalctl -u conntext. $(way_back)"
	fi
	report
	say "Stop, start, watch: systemctl stop conntext · systemctl start conntext · journalctl -fu conntext"
}

start_foreground() {
	step "Starting (there is no systemd service here, so it runs until you stop it with Ctrl+C)"
	as_service "$program" serve --config "$config" &
	child=$!
	printf '%s\n' "$child" >"$pid_file"
	trap 'kill -TERM "$child" 2>/dev/null || :' INT TERM HUP
	if ! wait_until_ready child_alive; then
		kill -TERM "$child" 2>/dev/null || :
		rm -f "$pid_file"
		die "ConnText did not become ready; what it said last stands above. $(way_back)"
	fi
	report
	status=0
	# A signal ends `wait` early; the instance is still putting its things away then.
	while child_alive; do
		wait "$child" && status=0 || status=$?
	done
	# An upgrade that stopped this one may have written its own number already.
	if [ "$(cat "$pid_file" 2>/dev/null)" = "$child" ]; then rm -f "$pid_file"; fi
	say "ConnText has stopped."
	[ "$status" -eq 0 ] || [ "$status" -gt 128 ] || exit "$status"
}

way_back() {
	if [ -f "$program.previous" ]; then
		printf 'The program before this upgrade is %s.previous.' "$program"
	fi
}

report() {
	url=$(public_url)
	step "ConnText is ready"
	say "Address: $url"
	if [ -r "$data/setup-url" ]; then
		say "Set-up:  $(cat "$data/setup-url")"
		say "         Open this address once, in a browser, to make the first account: it becomes the administrator."
	fi
	say "Data: $data"
	say "Configuration: $config"
	explain_reach
}

# Says what is still missing for others to use it.
explain_reach() {
	listen=$(config_value http listen)
	if [ -n "$(config_value http tls_cert)" ]; then
		name=$(config_value instance domain)
		if [ "${listen##*:}" != 443 ] && ! is_local_domain "${name%%:*}"; then
			say ""
			say "Other instances look for this one at port 443 of $name; it listens on port ${listen##*:}. Lead port 443 to it,"
			say "or its people can only talk with each other."
		fi
		return 0
	fi
	case $listen in 127.* | localhost:* | '[::1]:'*) loopback=yes ;; *) loopback=no ;; esac
	name=$(config_value instance domain)
	if [ "$loopback" = yes ] && is_local_domain "${name%%:*}"; then return 0; fi
	say ""
	say "No certificate was given, so ConnText speaks plain http on $listen."
	say "Signing in and signing up are refused over plain http from anywhere but this machine: passwords and sessions"
	say "could be read on the way. Do one of these:"
	say "  - give it a certificate: ./install.sh --tls-cert FILE --tls-key FILE --port 443"
	say "  - put a web server that speaks https in front of it, which passes requests on to port ${listen##*:},"
	say "    and name that server's address in trusted_proxies under [http] in $config"
	say "    (docs/operations.md has examples for Caddy and nginx)"
}

# ---------------------------------------------------------------- taking it away

remove() {
	[ -e "$program" ] || [ -e "$config" ] || [ -d "$data" ] || die "there is no ConnText under $prefix"
	step "Removing ConnText"
	if uses_service; then
		systemctl disable --now --quiet conntext || :
	fi
	stop_running
	if [ -f "$unit" ] && owns_unit; then
		rm -f "$unit"
		if has_systemd; then systemctl daemon-reload; fi
		say "Removed the service $unit"
	fi
	rm -f "$program" "$program.previous" "$program.new"
	say "Removed the program $program"
	rmdir "$prefix/bin" 2>/dev/null || :
	if [ -d "$data" ] || [ -f "$config" ]; then remove_data; fi
}

# Only a person who types the domain loses the data.
remove_data() {
	name=$(config_value instance domain)
	if [ -t 0 ] && [ -n "$name" ]; then
		say ""
		say "The accounts, messages and files of $name are still in $data, its configuration in $config_dir."
		printf 'To erase them for ever, type the domain (%s); to keep them, press Enter: ' "$name"
		read -r answer || answer=''
		if [ "$answer" = "$name" ]; then
			rm -rf "$data" "$config"
			rmdir "$config_dir" 2>/dev/null || :
			if is_root && id "$service_user" >/dev/null 2>&1; then userdel "$service_user" 2>/dev/null || :; fi
			say "Erased $data and $config"
			return
		fi
	fi
	say ""
	say "Kept: the data in $data and the configuration $config."
	say "Installing again continues with them. To erase them for ever: rm -rf $data $config_dir"
}

# ---------------------------------------------------------------- the order of things

main() {
	checkout=$(cd "$(dirname "$0")" && pwd)
	if [ -z "${HOME:-}" ] && is_root; then
		HOME=/root
		export HOME
	fi
	parse_arguments "$@"
	# The prefix decides where the configuration is, and that says where the data is.
	choose_paths
	[ "$(uname -s)" = Linux ] || die "this installer is for Linux"
	if [ "$uninstall" = yes ]; then
		remove
		return
	fi
	check_against_config
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	if [ -f "$config" ]; then step "Upgrading ConnText in $prefix"; else step "Installing ConnText in $prefix"; fi
	if [ -z "$binary" ]; then build; fi
	check_run_tools
	step "Putting it in place"
	make_user
	write_config
	check_tls_files
	if [ "$start" = yes ]; then stop_running; fi
	make_data_folder
	place_program
	install_unit
	if [ "$start" = no ]; then
		say ""
		if uses_service; then
			say "Installed, not started. Start it with: systemctl enable --now conntext"
		else
			say "Installed, not started. Start it with: $program serve --config $config"
		fi
		explain_reach
		return
	fi
	if uses_service; then start_service; else start_foreground; fi
}

main "$@"
