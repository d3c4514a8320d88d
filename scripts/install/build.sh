# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # names are shared between the parts of install.sh
# What the build needs, and the build.
# A part of install.sh, which reads it; not to be run by itself.

# The oldest tools that build ConnText.
RUST_MIN=1.95
NODE_MIN=20.19
NPM_MIN=11
# What is fetched where the machine has none.
RUST_FETCH=1.95.0
NODE_FETCH=22
NPM_FETCH=11

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
