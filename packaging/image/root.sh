#!/bin/sh
# Copies out of a Debian system what the image consists of: usage: root.sh DEBIAN PAPYRA KOFFI VERSION ROOT
# papyra needs the C library and its own folder; the jobs that papyra prints also need nice and ionice.
set -eu
debian=$1 papyra=$2 koffi=$3 version=$4 root=$5

umask 022
mkdir -p "$root/usr/bin" "$root/usr/lib/papyra/$version" "$root/etc" "$root/usr/share/doc"
# What a container mounts there.
mkdir -p "$root/proc" "$root/sys" "$root/dev"
mkdir -m 1777 "$root/tmp"
install -m 755 "$papyra" "$root/usr/bin/papyra"
ln -s papyra "$root/usr/bin/papyra-ops"
install -m 644 "$koffi" "$root/usr/lib/papyra/$version/koffi.node"
install -m 755 "$debian/usr/bin/nice" "$debian/usr/bin/ionice" "$root/usr/bin/"

# The libraries that `readelf --dynamic` lists for these files, and the loader that is named in them.
for library in libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 libstdc++.so.6 libgcc_s.so.1; do
  for found in "$debian"/lib/*-linux-gnu/$library "$debian"/usr/lib/*-linux-gnu/$library; do
    [ -e "$found" ] || continue
    folder=$root/lib/$(basename "$(dirname "$found")")
    mkdir -p "$folder"
    install -m 755 "$found" "$folder/$library"
    break
  done
done
for loader in /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1; do
  for found in "$debian"/lib/*-linux-gnu/"${loader##*/}" "$debian"/usr/lib/*-linux-gnu/"${loader##*/}"; do
    [ -e "$found" ] || continue
    mkdir -p "$root${loader%/*}"
    install -m 755 "$found" "$root$loader"
    break
  done
done

for package in libc6 libstdc++6 libgcc-s1 gcc-12-base coreutils util-linux; do
  [ -f "$debian/usr/share/doc/$package/copyright" ] || continue
  mkdir -p "$root/usr/share/doc/$package"
  install -m 644 "$debian/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
done

# For whoever looks what the image is made of, and for a user who has a name.
install -m 644 "$debian/usr/lib/os-release" "$root/etc/os-release"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
cat >"$root/etc/passwd" <<'END'
root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
papyra:x:65532:65532:papyra:/nonexistent:/sbin/nologin
END
cat >"$root/etc/group" <<'END'
root:x:0:
nogroup:x:65534:
papyra:x:65532:
END
