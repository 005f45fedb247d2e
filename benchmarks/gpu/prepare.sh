#!/bin/bash
# On the build machine: packs the benchmark, self-contained, with ONNX Runtime's CUDA build, for a GPU machine that has no .NET.
# Usage: benchmarks/gpu/prepare.sh OUTDIR [SM architectures to keep, default 90] [MB per piece, default 58]
# First: dotnet run build.cs setup --gpu   (fetches the CUDA-enabled core and its provider into .deps/native)
# Needs dotnet, xz, python3. Makes OUTDIR/p1, p2, ... each at most one piece large.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); root=$(cd "$here/../.." && pwd)
out=$(realpath -m "${1:?a folder for the pieces, which git should ignore}"); keep=${2:-90}; max=${3:-58}
native=$root/.deps/native; provider=$native/libonnxruntime_providers_cuda.so
[ -f "$provider" ] || { echo "The CUDA provider is not in .deps/native: run 'dotnet run build.cs setup --gpu' first." >&2; exit 2; }
work=$out/build; mkdir -p "$work"; cd "$work"
# Machine code of other architectures is zeroed: the file keeps its layout and packs to 38 MB instead of 165.
python3 "$here/trim_fatbin.py" "$provider" cuda.so "$keep"
xz -T0 -9e -kf cuda.so
xz -T0 -9e -c "$native/libonnxruntime.so" > core.xz
rm -rf pub; dotnet publish "$here" -r linux-x64 --self-contained -c Release -p:GpuBundle=true -v q --nologo -o pub
rm -f pub/*.pdb pub/libmscordbi.so pub/libmscordaccore.so pub/createdump pub/libonnxruntime.so pub/libonnxruntime_providers_cuda.so pub/libonnxruntime_providers_tensorrt.so
tar c -C pub . | xz -T0 -9e > app.tar.xz
rm -rf bundle && mkdir bundle && cp cuda.so.xz core.xz app.tar.xz bundle/
(cd bundle && sha256sum cuda.so.xz core.xz app.tar.xz > SHA256)
rm -rf "$out"/p[0-9]* part.*
tar c -C bundle . | split -b "${max}M" -d -a 2 - part.
number=1; for part in part.*; do mkdir -p "$out/p$number"; mv "$part" "$out/p$number/"; cp "$here/run_there.sh" "$out/p$number/"; number=$((number + 1)); done
du -sm "$out"/p*
