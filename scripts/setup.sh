#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what the build and the scripts need on Debian 12 (or a relative of it), and only what is missing.
#
#   scripts/setup.sh             everything
#   scripts/setup.sh --minimal   without the optional packages: oneDNN (some faster versions of ops), HDF5
#                                (fastMRI files), ISMRMRD (reconstructions as .mrd), ccache
#
# Says nothing and calls no package manager when nothing is missing. What is there is judged by the program or header
# itself, so packages from elsewhere count too.
set -euo pipefail

minimal=0
for argument in "$@"; do
  case "$argument" in
    --minimal) minimal=1 ;;
    -h | --help) sed -n '3,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "setup.sh: unknown argument $argument (known: --minimal, --help)" >&2; exit 2 ;;
  esac
done

# package=what it brings: a program name, or a header below /usr/include.
needed=(
  cmake=cmake
  ninja-build=ninja
  g++=g++
  git=git
  nlohmann-json3-dev=nlohmann/json.hpp
  libcli11-dev=CLI/CLI.hpp
  libfmt-dev=fmt/core.h
  libpng-dev=png.h
  zlib1g-dev=zlib.h
  libjpeg-dev=jpeglib.h
  libxxhash-dev=xxhash.h
  libboost-dev=boost/math/distributions/non_central_f.hpp
  libgtest-dev=gtest/gtest.h
)
optional=(
  ccache=ccache
  libdnnl-dev=oneapi/dnnl/dnnl.h
  libhdf5-dev=hdf5/serial/hdf5.h
  libismrmrd-dev=ismrmrd/dataset.h
)

is_there() {
  case "$1" in
    */*.h | */*.hpp | *.h)
      for root in /usr/include /usr/local/include; do
        if [[ -e "$root/$1" ]]; then return 0; fi
      done
      return 1
      ;;
    *) command -v "$1" > /dev/null ;;
  esac
}

wanted=("${needed[@]}")
if ((!minimal)); then wanted+=("${optional[@]}"); fi
missing=()
for entry in "${wanted[@]}"; do
  if ! is_there "${entry#*=}"; then missing+=("${entry%%=*}"); fi
done
if ((${#missing[@]} == 0)); then exit 0; fi

if ! command -v apt-get > /dev/null; then
  echo "setup.sh: no apt-get here; install what these Debian packages hold: ${missing[*]}" >&2
  exit 1
fi
if ((EUID != 0)); then
  echo "setup.sh: these packages are missing: ${missing[*]}" >&2
  echo "Run as root:  scripts/setup.sh   (or: sudo apt-get install ${missing[*]})" >&2
  exit 1
fi

echo "Installing with apt: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() { apt-get install -y --no-install-recommends "${missing[@]}" >> "$log" 2>&1; }
# The package lists of a fresh image are absent, those of an old one can name files that are gone: fetch and retry.
if ! apt-cache show "${missing[@]}" > /dev/null 2>&1 || ! install; then
  if ! apt-get update >> "$log" 2>&1 || ! install; then
    tail -n 30 "$log" >&2
    echo "setup.sh: apt could not install: ${missing[*]}" >&2
    exit 1
  fi
fi
for entry in "${wanted[@]}"; do
  if ! is_there "${entry#*=}"; then
    echo "setup.sh: ${entry%%=*} is installed, but ${entry#*=} is not where it was expected" >&2
    exit 1
  fi
done
