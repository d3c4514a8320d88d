# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # names are shared between the parts of install.sh
# User, folders, program and unit: putting them in place, and taking them away.
# A part of install.sh, which reads it; not to be run by itself.

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

# Becomes the command, as the service's user: to be called in a subshell, whose process it then is.
become_service() {
	if is_root; then
		exec setpriv --reuid="$service_user" --regid="$service_user" --init-groups \
			--inh-caps=+net_bind_service --ambient-caps=+net_bind_service "$@"
	else
		exec "$@"
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
ExecReload=/bin/sh -c 'kill -HUP \$MAINPID'
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
