#!/usr/bin/env bash
# On a CPU, `scaled_dot_product_attention` takes its flash kernel whenever there is no dropout. Of
# short texts in bfloat16 or float16 that kernel's *backward* pass takes several times that of the
# plain products (SDPBackend.MATH), and longer than its own in float32: so a BERT whose attention
# dropout was set to 0 trains slower, not faster. From about 200 positions on flash is the faster.
# Seen with torch 2.13.0 on a processor with AVX-512 and AMX, one thread, (B, H, T, D) = 32, 12, T, 64:
#   T = 16: bfloat16 flash 56 ms, math  5 ms (10.2 x)   float32  8 ms,  8 ms (1.0 x)
#   T = 32: bfloat16 flash 39 ms, math  8 ms ( 4.9 x)   float32 15 ms, 12 ms (1.2 x)
#   T = 96: bfloat16 flash 127 ms, math 43 ms ( 3.0 x)  float32 49 ms, 39 ms (1.2 x)
#   T = 384: bfloat16 flash 553 ms, math 770 ms (0.7 x) float32 387 ms, 722 ms (0.5 x)
# Exits non-zero if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q torch==2.13.0
cat > flash.py <<'PYTHON'
import time

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention

torch.set_num_threads(1)
torch.manual_seed(0)
print("torch", torch.__version__, torch.backends.cpu.get_cpu_capability())


def backward(kernel: SDPBackend, dtype: torch.dtype, length: int) -> float:
    """Processor seconds, the least of seven."""
    shape = (32, 12, length, 64)
    query, key, value = (torch.randn(shape, dtype=dtype, requires_grad=True) for _ in range(3))
    found = []
    with sdpa_kernel(kernel):
        for _ in range(7):
            total = scaled_dot_product_attention(query, key, value).sum()
            begin = time.process_time()
            total.backward()
            found.append(time.process_time() - begin)
    return min(found)


ratios = {}
for dtype in (torch.bfloat16, torch.float32):
    for length in (32, 384):
        flash, plain = (
            backward(kernel, dtype, length)
            for kernel in (SDPBackend.FLASH_ATTENTION, SDPBackend.MATH)
        )
        ratios[dtype, length] = flash / plain
        print(f"{dtype} T={length}: flash {flash * 1e3:.0f} ms, math {plain * 1e3:.0f} ms, {flash / plain:.1f} x")
assert ratios[torch.bfloat16, 32] > 2.5, ratios
assert ratios[torch.float32, 32] < 1.8, ratios
assert ratios[torch.bfloat16, 384] < 1.2, ratios
PYTHON
venv/bin/python flash.py
