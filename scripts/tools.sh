# shellcheck shell=bash
# What the scripts of this folder share: where builds go, and how missing tools come onto the machine.
# Sourced with the checkout as the working folder.

export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/conntext/target}"

say() { printf '%s\n' "$*"; }
die() {
	printf 'Error: %s\n' "$*" >&2
	exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# apt_need COMMAND PACKAGE…: installs the packages when the command is missing.
apt_need() {
	local command=$1
	shift
	have "$command" && return
	have apt-get || die "$command is missing; install it with this system's package manager"
	local sudo=()
	if [ "$(id -u)" -ne 0 ]; then
		have sudo || die "$command is missing; as an administrator: apt-get install $*"
		sudo=(sudo)
	fi
	if [ -z "${apt_updated:-}" ]; then
		"${sudo[@]}" apt-get -q update >/dev/null || die "apt-get update failed"
		apt_updated=yes
	fi
	DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get -q -y install --no-install-recommends "$@" >/dev/null ||
		die "apt-get could not install $*"
}

# version_at_least HAVE WANT
version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

need_rust() {
	have cargo || die "Rust is missing: install it from https://rustup.rs"
	version_at_least "$(rustc --version | awk '{print $2}')" 1.95 || die "Rust 1.95 or later is needed, found $(rustc --version)"
	apt_need cc gcc libc6-dev
}

need_node() {
	{ have node && have npm; } || die "Node.js is missing: install version 20.19 or later, with npm 11"
	version_at_least "$(node --version | tr -d v)" 20.19 || die "Node.js 20.19 or later is needed, found $(node --version)"
	version_at_least "$(npm --version)" 11 || die "npm 11 or later is needed, found $(npm --version): npm install --global npm@11"
}

need_nextest() {
	have cargo-nextest || cargo install --locked --quiet cargo-nextest
}

# The packages of the web apps as the lock file says. On a developer's machine only when that file changed.
web_packages() {
	need_node
	if [ -z "${CI:-}" ] && [ node_modules/.package-lock.json -nt package-lock.json ]; then return; fi
	npm ci --no-audit --no-fund --loglevel=error
}

# The debug binary, with the web apps as built last.
debug_binary() { printf '%s/debug/conntext\n' "$CARGO_TARGET_DIR"; }
release_binary() { printf '%s/release/conntext\n' "$CARGO_TARGET_DIR"; }
