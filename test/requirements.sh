#!/bin/sh
# The programs that the tests run beside Node: installed where this is root on Debian, named elsewhere.
set -eu

missing=''
need() { # COMMAND PACKAGE
  command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need flock util-linux
need strace strace
need ps procps
need python3 python3
need jq jq
need mandoc mandoc
need script bsdutils
need redis-server redis-server
need redis-cli redis-tools
need openssl openssl
need tmux tmux
need faketime faketime
# Debian's own: another python3 may come first on the PATH.
/usr/bin/python3 -c 'import prometheus_client.openmetrics.parser' 2>/dev/null ||
  missing="$missing python3-prometheus-client"
need systemd-analyze systemd
need zsh zsh
need fish fish
need zstd zstd
# Only root may mount what these make.
if [ "$(id -u)" = 0 ]; then
  need mkfs.ext4 e2fsprogs
  need mkfs.xfs xfsprogs
  need mkfs.btrfs btrfs-progs
  need mksquashfs squashfs-tools
  need bindfs bindfs
  need mergerfs mergerfs
  need fusermount3 fuse3
  # A disk that remembers what it was asked.
  /usr/bin/python3 -c 'import fusepy' 2>/dev/null || missing="$missing python3-fusepy"
  need getfacl acl
  need getfattr attr
  if [ "${PAPYRA_SOAK:-}" = 1 ]; then
    # Packages are made, and installed in small Debian systems.
    need mmdebstrap mmdebstrap
    need lintian lintian
    need umoci umoci
    need skopeo skopeo
    need unshare util-linux
    need x86_64-linux-gnu-strip binutils-x86-64-linux-gnu
    need aarch64-linux-gnu-strip binutils-aarch64-linux-gnu
    need qemu-aarch64-static qemu-user-static
  fi
fi

[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "papyra: installing what the tests need:$missing"
  # RUNLEVEL: no service is started of what is installed.
  export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
  apt-get update -qq >/dev/null
  # shellcheck disable=SC2086 # a list of words
  apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
  echo "papyra: the tests need these packages:$missing" >&2
  echo "  install them, then run npm test again" >&2
  exit 1
fi
