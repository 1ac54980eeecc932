#!/bin/sh
# Makes what test-interop needs, in .interop/: `own`, follow.go and write.go with etcd's Go client as this Debian packages it (golang-go and
# golang-etcd-server-dev are installed if they are missing), and `next`, the same with the client of a later release, which is only
# unpacked beside, never installed. Without root or network it says why in one sentence; `next` may be missing, and its tests say so.
set -eu
cd "$(dirname "$0")/../.."
here=test/interop
out=$PWD/.interop
later=trixie
mkdir -p "$out"

PROGRAMS="follow write"

# Whether all of FOLDER is there and newer than its source.
is_built() {
	for program in $PROGRAMS; do
		[ "$out/$1/$program" -nt "$here/$program.go" ] || return 1
	done
}

fail() { echo "test-interop: $1" >&2; exit 69; }

# build FOLDER GO GOPATH: whichever of the two import paths is there.
build() {
	if [ -d "$3/src/go.etcd.io/etcd/client/v3" ]; then client=go.etcd.io/etcd/client/v3; else client=go.etcd.io/etcd/clientv3; fi
	mkdir -p "$out/$1"
	version "$3" >"$out/$1/version"
	for program in $PROGRAMS; do
		sed "s|ETCD_CLIENT|$client|" "$here/$program.go" >"$out/$1/$program.go"
		(cd "$out/$1" && GO111MODULE=off GOTOOLCHAIN=local GOFLAGS= GOPATH="$3" GOCACHE="$out/go-cache" "$2" build -o "$program" "$program.go")
	done
}

# The version of the client, as it tells it itself.
version() {
	for file in version/version.go api/version/version.go; do
		file=$1/src/go.etcd.io/etcd/$file
		if [ -f "$file" ]; then sed -n 's/^[[:space:]]*Version *= *"\(.*\)"$/\1/p' "$file"; fi
	done
}

own() {
	if ! command -v go >/dev/null 2>&1 || [ ! -d /usr/share/gocode/src/go.etcd.io/etcd ]; then
		command -v apt-get >/dev/null 2>&1 || fail "needs golang-go and golang-etcd-server-dev, Debian's packages, and there is no apt-get here"
		[ "$(id -u)" = 0 ] || fail "needs golang-go and golang-etcd-server-dev: install them, or run this once as root"
		echo "test-interop: installs golang-go and golang-etcd-server-dev" >&2
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends golang-go golang-etcd-server-dev; } >"$out/apt.log" 2>&1 ||
			fail "golang-go and golang-etcd-server-dev could not be installed, most likely for want of a network: $out/apt.log tells more"
	fi
	build own go /usr/share/gocode
}

# From the later release: Go itself, the client, and what the client is made of.
NEXT="golang-1.24-go golang-1.24-src golang-etcd-server-dev golang-google-grpc-dev golang-google-protobuf-dev golang-google-genproto-dev
golang-github-golang-protobuf-1-5-dev golang-github-gogo-protobuf-dev golang-go.uber-zap-dev golang-go.uber-multierr-dev golang-go.uber-atomic-dev
golang-github-coreos-go-semver-dev golang-github-coreos-go-systemd-dev golang-golang-x-net-dev golang-golang-x-sys-dev golang-golang-x-text-dev"

next() {
	root=$out/debian
	mkdir -p "$root/lists/partial" "$root/cache/archives/partial" "$root/debs"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $later main" >"$root/sources.list"
	apt="-o Dir::Etc::sourcelist=$root/sources.list -o Dir::Etc::sourceparts=- -o Dir::State::lists=$root/lists -o Dir::Cache=$root/cache -o Dir::State::status=/dev/null -o APT::Sandbox::User=root"
	apt-get $apt update -qq
	(cd "$root/debs" && apt-get $apt download -qq $NEXT)
	for package in "$root"/debs/*.deb; do dpkg-deb -x "$package" "$root/root"; done
	build next "$root/root/usr/lib/go-1.24/bin/go" "$root/root/usr/share/gocode"
	rm -rf "$root"
}

is_built own || own
if ! is_built next; then
	echo "test-interop: unpacks Go and etcd's client of Debian $later" >&2
	# A subshell with its own `set -e`: a condition would switch that off.
	set +e; (set -e; next) >"$out/next.log" 2>&1; failed=$?; set -e
	[ "$failed" = 0 ] || echo "test-interop: the client of Debian $later could not be had: $out/next.log tells why" >&2
fi
