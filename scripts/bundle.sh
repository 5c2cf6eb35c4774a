#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds and packs the programs, tests, benches and their fixtures with every library they need except glibc's and the
# NVIDIA driver's, for a machine with a GPU but without compiler, packages or network.
#
#   scripts/bundle.sh [--out FILE.tar.gz]     default build/selfsame-COMMIT.tar.gz
#
#   --no-build           pack build/release as it is
#   --build DIR          pack another build folder, implies --no-build
#   --with-cudnn DIR     also the libcudnn*.so* of DIR; without it the yardstick comes from the other machine, if it is there
#
# There:  tar xzf FILE && cd selfsame-COMMIT && ./selfcheck.sh && scripts/gpu_check.sh
set -euo pipefail
cd "$(dirname "$0")/.."

out='' build=build/release build_first=1 cudnn=''
while (($# > 0)); do
  case "$1" in
    --no-build) build_first=0 ;;
    --out | --build | --with-cudnn)
      if (($# < 2)); then echo "bundle.sh: $1 needs a value" >&2; exit 2; fi
      case "$1" in
        --out) out=$2 ;;
        --build) build=$2 build_first=0 ;;
        *) cudnn=$2 ;;
      esac
      shift
      ;;
    -h | --help) sed -n '3,12s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "bundle.sh: unknown argument $1 (see --help)" >&2; exit 2 ;;
  esac
  shift
done

if ((build_first)); then
  scripts/setup.sh
  mkdir -p build/log
  if ! { cmake --preset release && cmake --build --preset release --parallel "$(nproc)"; } > build/log/bundle.txt 2>&1; then
    tail -n 40 build/log/bundle.txt
    echo "bundle.sh: the build failed; all of its output is in build/log/bundle.txt" >&2
    exit 1
  fi
fi

commit=$(git describe --always --dirty --abbrev=12 '--exclude=*' 2> /dev/null || echo unknown)
name=selfsame-$commit
out=${out:-build/$name.tar.gz}
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
to=$stage/$name

# bin/ has the shape of a build folder, the rest that of the source tree, so that scripts and tests find both.
mkdir -p "$to/bin/tests" "$to/bin/bench" "$to/bin/lib" "$to/scripts" "$to/bench" "$to/tests/engine/config"
programs=(selfsame)
for helper in selfsame-h5 selfsame-mrd; do  # if the build found libhdf5 and libismrmrd
  if [[ -x $build/$helper ]]; then programs+=("$helper"); fi
done
for path in "$build"/tests/*_tests "$build"/bench/*; do
  # The project tests are about the source tree, which is not here.
  if [[ -f $path && -x $path && $path != */project_tests ]]; then programs+=("${path#"$build"/}"); fi
done
for program in "${programs[@]}"; do
  if [[ ! -x $build/$program ]]; then
    echo "bundle.sh: no $build/$program" >&2
    exit 1
  fi
  cp "$build/$program" "$to/bin/$program"
done
cp -r configs "$to/configs"
cp -r bench/peers "$to/bench/peers"
cp -r tests/fixtures "$to/tests/fixtures"
find "$to" -name __pycache__ -prune -exec rm -rf {} +
cp tests/engine/config/wrong_configs.txt "$to/tests/engine/config/"
cp scripts/gpu_check.sh "$to/scripts/"
cp CMakeLists.txt LICENSE "$to/"

# ldd lists the whole closure. What stays behind: the loader and the parts of glibc, which must fit the kernel and each
# other, and the driver, which must fit the GPU.
glibc='^(linux-vdso|ld-linux|libc|libm|libpthread|libdl|librt|libutil|libresolv|libnss_[a-z]+|libanl|libmvec|libcuda|libnvidia-[a-z]+)[.-]'
missing=$(for program in "${programs[@]}"; do ldd "$build/$program"; done | grep 'not found' || true)
if [[ -n $missing ]]; then
  printf 'bundle.sh: libraries are missing here:\n%s\n' "$missing" >&2
  exit 1
fi
for program in "${programs[@]}"; do ldd "$build/$program"; done | awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 }' | sort -u \
  | while read -r library path; do
    if [[ ! $library =~ $glibc ]]; then cp -L "$path" "$to/bin/lib/$library"; fi
  done
if [[ -n $cudnn ]]; then
  if ! compgen -G "$cudnn/libcudnn*.so*" > /dev/null; then
    echo "bundle.sh: no libcudnn*.so* in $cudnn" >&2
    exit 1
  fi
  cp -L "$cudnn"/libcudnn*.so* "$to/bin/lib/"
fi

# The newest version of a symbol of glibc that anything asks for.
needs=$(find "$to/bin" -type f -exec objdump -T {} + 2> /dev/null | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -n 1)
cuda=$(grep -qE '^CMAKE_CUDA_COMPILER:[A-Z]*=.*nvcc' "$build/CMakeCache.txt" 2> /dev/null \
  && ! grep -qE '^SELFSAME_CUDA:[A-Z]*=OFF' "$build/CMakeCache.txt" && echo yes || echo no)
{
  echo "commit: $commit"
  echo "date: $(date -u +%Y-%m-%dT%H:%M:%SZ)"
  echo "built with CUDA: $cuda"
  echo "machine: $(uname -sm)"
  echo "needs glibc: ${needs#GLIBC_} or newer"
  echo "programs: ${programs[*]}"
  echo "libraries: $(cd "$to/bin/lib" && ls | tr '\n' ' ')"
} > "$to/MANIFEST"

cat > "$to/run.sh" << 'END'
#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a program of this bundle with the bundle's libraries and fixtures:  ./run.sh selfsame list devices
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LD_LIBRARY_PATH=$here/bin/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export SELFSAME_SOURCE_ROOT=$here SELFSAME_PROGRAM=$here/bin/selfsame
program=$1
shift
exec "$here/bin/$program" "$@"
END
cat > "$to/selfcheck.sh" << 'END'
#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Starts every program of this bundle once, and says which libraries they take from outside it.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cat "$here/MANIFEST"
status=0
for program in "$here"/bin/selfsame* "$here"/bin/tests/* "$here"/bin/bench/*; do
  name=${program#"$here"/bin/}
  case "$name" in tests/*) argument=--gtest_list_tests ;; *) argument=--help ;; esac
  if "$here/run.sh" "$name" "$argument" > /dev/null 2> "$here/.error"; then
    echo "starts: $name"
  else
    echo "DOES NOT START: $name: $(head -n 3 "$here/.error")"
    status=1
  fi
done
rm -f "$here/.error"
echo "from outside: $(LD_LIBRARY_PATH=$here/bin/lib ldd "$here"/bin/selfsame* "$here"/bin/tests/* "$here"/bin/bench/* 2> /dev/null \
  | awk -v here="$here/" '$2 == "=>" && $3 ~ /^\// && index($3, here) != 1 { print $1 }' | sort -u | tr '\n' ' ')"
exit "$status"
END
chmod +x "$to/run.sh" "$to/selfcheck.sh"
mkdir -p "$(dirname "$out")"
tar -C "$stage" -czf "$out" "$name"
echo "$out: $(du -h "$out" | cut -f1), commit $commit, CUDA: $cuda, glibc ${needs#GLIBC_} or newer"
