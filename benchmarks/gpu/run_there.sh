#!/bin/bash
# On the GPU machine (CUDA 13 driver; CUDA libraries and cuDNN 9 from the system or from Python wheels). No .NET needed.
# stash DIR   collects one piece (one call per piece)
# go [ARGS]   puts the pieces together, verifies them, sets the library path and runs; results are in $OUT
set -uo pipefail
G=${GPUDIR:-$HOME/mlops-gpu}; OUT=${OUT:-$G/out}; mkdir -p "$G/parts" "$OUT"
case "${1:-}" in
stash) cp "$2"/part.* "$G/parts/"; ls -l "$G/parts" ;;
go)
  shift; cd "$G"; mkdir -p app links
  cat parts/part.* | tar x || exit 2
  sha256sum -c SHA256 || exit 3
  tar xJf app.tar.xz -C app; xz -dc core.xz > app/libonnxruntime.so; xz -dc cuda.so.xz > app/libonnxruntime_providers_cuda.so
  chmod +x app/MlOps.Benchmarks.Gpu
  libraries=""
  for site in $(python3 -c 'import site; print("\n".join(site.getsitepackages()))' 2>/dev/null); do
    for folder in $(find "$site/nvidia" -type d -name lib 2>/dev/null); do libraries="$libraries:$folder"; done
  done
  for folder in ${libraries//:/ }; do for file in "$folder"/lib*.so.*; do name=$(basename "$file"); ln -sf "$file" "links/$name"; ln -sf "$file" "links/${name%%.so*}.so"; done; done
  export LD_LIBRARY_PATH=$G/app:$G/links$libraries:/usr/local/nvidia/lib64:/usr/local/cuda/lib64:${LD_LIBRARY_PATH:-}
  (nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm --format=csv,noheader 2>/dev/null || echo "no GPU: dry run on the CPU") | tee "$OUT/gpu.txt"
  ldd app/libonnxruntime_providers_cuda.so | grep -i "not found" | tee "$OUT/missing.txt"
  timeout "${LIMIT:-540}" app/MlOps.Benchmarks.Gpu --out "$OUT" "$@" 2>&1 | tee "$OUT/run.txt"
  exit "${PIPESTATUS[0]}" ;;
*) echo "usage: run_there.sh stash DIR | go [--quick] [--name MACHINE]" >&2; exit 64 ;;
esac
