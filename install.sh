#!/bin/sh
# Installs ConnText on this machine, or upgrades it: safe to run again, keeps data, secrets and configuration.
# Runs whole or not at all when the file arrives cut off: nothing happens before `main "$@"`, the last line.
set -eu

usage() {
	cat <<'USAGE'
ConnText installer

Usage: ./install.sh [OPTIONS]

Builds ConnText from this folder, installs it, starts it and prints its address. Run it again to upgrade:
data, secrets and configuration are kept, the old program stays beside the new one as conntext.previous.

Options:
  --domain NAME      the name of this instance, such as chat.example.org. It becomes part of every account
                     (anna@chat.example.org) and is changed later by a command. Default: localhost
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
# shellcheck disable=SC2034 # read by the parts
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
# shellcheck disable=SC2034 # read by the parts
choose_data() {
	known=$(config_value storage data_dir)
	if [ -n "$known" ] && [ -n "$data" ] && [ "$data" != "$known" ]; then
		die "this installation keeps its data in $known, not in $data. To move it: stop ConnText, move the folder, change data_dir in $config, then run this again without --data"
	fi
	data=${data:-${known:-$default_data}}
	pid_file=$data/conntext.pid
}

# ---------------------------------------------------------------- the order of things

# The parts lie beside the source that is built.
read_parts() {
	for part in config build place run; do
		[ -r "$checkout/scripts/install/$part.sh" ] || die "$checkout/scripts/install is not complete; run this script from the ConnText folder"
		# shellcheck source=/dev/null
		. "$checkout/scripts/install/$part.sh"
	done
}

main() {
	checkout=$(cd "$(dirname "$0")" && pwd)
	if [ -z "${HOME:-}" ] && is_root; then
		HOME=/root
		export HOME
	fi
	parse_arguments "$@"
	read_parts
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
