# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # names are shared between the parts of install.sh
# Starting, stopping, waiting, and saying where it is.
# A part of install.sh, which reads it; not to be run by itself.

# How long a start may take: the first one makes keys, an upgrade may migrate a large database.
READY_SECONDS=120

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
	# Alive is asked first and last: another process on the same port may be the one that is ready.
	while "$@" && ! is_ready; do
		[ "$waited" -lt "$READY_SECONDS" ] || return 1
		sleep 1
		waited=$((waited + 1))
	done
	sleep 0.2
	"$@"
}

service_alive() { ! systemctl is-failed --quiet conntext; }
# A process that has ended stays in the list as a zombie until it is waited for.
child_alive() { [ -r "/proc/$child/status" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$child/status"; }

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
	become_service "$program" serve --config "$config" &
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
	while :; do
		wait "$child" && status=0 || status=$?
		child_alive || break
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
