# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # names are shared between the parts of install.sh
# The configuration file: read, written once, changed one key at a time.
# A part of install.sh, which reads it; not to be run by itself.

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
# Part of every account of this instance. Once it runs, another one counts after "conntext domain change" only.
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
		die "this instance is $old_domain, and the installer does not make it $domain. To give it another domain, see \"Another domain\" in docs/operations.md; for a second instance on this machine use another --prefix"
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
