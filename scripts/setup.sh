#!/bin/sh
# Installs what the checkout needs and lacks: the npm packages (`packages`), for `run` etcd and etcdctl unless the user names his
# own, for `etcd` in any case, for `test` what the tests use besides. Says nothing when all is there; on a failure it says why.
set -eu
cd "$(dirname "$0")/.."

have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command quietly; its output is shown only when it fails.
quietly() {
	log=$(mktemp)
	if "$@" >"$log" 2>&1 </dev/null; then rm -f "$log"; return 0; fi
	echo "setup: '$*' failed:" >&2
	# The reason stands first or last, never in the middle.
	if [ "$(wc -l <"$log")" -le 40 ]; then cat "$log" >&2; else head -n 20 "$log" >&2; echo "…" >&2; tail -n 15 "$log" >&2; fi
	rm -f "$log"
	return 1
}

packages() {
	if [ node_modules/.package-lock.json -nt package-lock.json ]; then return 0; fi
	echo "setup: npm packages" >&2
	quietly npm ci --no-audit --no-fund
	touch node_modules/.package-lock.json
}

# install COMMAND PACKAGE...: the first of the packages that the system knows and that brings the command.
install() {
	command=$1; shift
	if have "$command"; then return 0; fi
	echo "setup: $command" >&2
	for package in "$@"; do
		if have apt-get; then
			apt "$package" || continue
		elif have brew; then
			quietly brew install "$package" || continue
		else
			return 1
		fi
			if have "$command"; then return 0; fi
	done
	return 1
}

# known PACKAGE: whether apt has it, as root or with a sudo that asks for no password. The lists are fetched once, and only when
# something is missing.
known() {
	if [ "$(id -u)" = 0 ]; then sudo=""; elif have sudo && sudo -n true 2>/dev/null; then sudo="sudo -n"; else return 1; fi
	if [ -z "${updated:-}" ]; then
		quietly $sudo apt-get update -qq || return 1
		updated=yes
	fi
	apt-cache show "$1" >/dev/null 2>&1
}

apt() {
	known "$1" || return 1
	quietly $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1"
}

# etcd and etcdctl by whichever package brings them; $1 is what to say beside.
need_etcd() {
	if install etcd etcd-server etcd && install etcdctl etcd-client etcd; then return 0; fi
	echo "setup: etcd is not installed and could not be: install etcd and etcdctl, 3.4 or newer (https://etcd.io/docs/latest/install/)$1" >&2
	exit 69
}

# Whether the user names an etcd of his own, in the environment or in .env.
own_etcd() {
	[ -n "${ETCD_ENDPOINTS:-}${ETCDCTL_ENDPOINTS:-}" ] || grep -qsE '^[[:space:]]*(export[[:space:]]+)?ETCD(CTL)?_ENDPOINTS[[:space:]]*=[[:space:]]*[^[:space:]]' .env
}

# optional COMMAND PACKAGE WHAT: tests that need a missing one say so and count as skipped.
optional() {
	if have apt-get && install "$1" "$2"; then return 0; fi
	have "$1" || echo "setup: no $1: the tests of $3 will be skipped" >&2
}

# unpacked COMMAND WHAT PACKAGE...: programs out of Debian's packages, beside the npm packages: installed, they would start a server.
# Where test/support/process/unpacked.ts looks for them.
unpacked() {
	command=$1; what=$2; shift 2
	folder=node_modules/.cache/etcd-registrar-programs
	if have "$command" || [ -x "$folder/usr/bin/$command" ] || [ -x "$folder/usr/sbin/$command" ]; then return 0; fi
	if have apt-get && known "$1"; then
		echo "setup: $command" >&2
		mkdir -p $folder
		(
			cd $folder
			for package in "$@"; do
				quietly apt-get -o APT::Sandbox::User=root download -qq "$package" || exit 0
				for file in "$package"_*.deb; do dpkg-deb --fsys-tarfile "$file" | tar -x --wildcards './usr/bin/*' './usr/sbin/*' './usr/lib/*' 2>/dev/null || true; done
				rm -f "$package"_*.deb
			done
		)
	fi
	have "$command" || [ -x "$folder/usr/bin/$command" ] || [ -x "$folder/usr/sbin/$command" ] ||
		echo "setup: no $command: the tests of $what will be skipped" >&2
}

packages
case ${1:-} in
packages) ;;
run) own_etcd || need_etcd ", or use your own: ETCD_ENDPOINTS=http://host:2379 make run" ;;
etcd) need_etcd "" ;;
test)
	need_etcd ""
	install openssl openssl || { echo "setup: openssl is not installed and could not be: the tests make their certificates with it" >&2; exit 69; }
	optional faketime faketime "a stepping clock"
	optional ip iproute2 "a dropping network"
	unpacked promtool "the metrics, the alert rules and the targets of Prometheus" prometheus
	unpacked nginx "its recipe" nginx
	unpacked haproxy "its recipe" haproxy liblua5.3-0 libopentracing-c-wrapper0 libopentracing1
	;;
page)
	need_etcd ""
	install chromium chromium || { echo "setup: chromium is not installed and could not be: install it from your system's packages to /usr/bin/chromium" >&2; exit 69; }
	;;
images)
	need_etcd ""
	have docker || install podman podman || { echo "setup: neither docker nor podman is installed, and podman could not be: install one of them" >&2; exit 69; }
	;;
*)
	echo "usage: setup.sh packages | run | etcd | test | page | images" >&2
	exit 64
	;;
esac
