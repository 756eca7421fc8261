"""Ask aiconfigurator. Run by the interpreter that has it: reads cases as JSON on standard input, prints answers as JSON."""

import sys

# A script's own folder comes first on the path, and this file is named like the package.
sys.path.pop(0)

import contextlib
import io
import json
import logging
import time
import warnings

warnings.filterwarnings("ignore")
begin = time.process_time()
from aiconfigurator.cli.api import cli_estimate  # noqa: E402

logging.disable(logging.CRITICAL)
IMPORT_S = time.process_time() - begin
SYSTEMS = {"h100-sxm5-80gb": "h100_sxm", "h200-sxm-141gb": "h200_sxm", "a100-sxm4-80gb": "a100_sxm"}
MODELS = {
    ("llama3-70b", "fp8"): ("nvidia/Llama-3.1-70B-Instruct-FP8", {}),
    ("llama3-70b", "bf16"): ("meta-llama/Meta-Llama-3.1-70B", {}),
    ("llama3-8b", "fp8"): ("meta-llama/Meta-Llama-3.1-8B", {"gemm_quant_mode": "fp8"}),
    ("llama3-8b", "bf16"): ("meta-llama/Meta-Llama-3.1-8B", {}),
    ("qwen3-32b", "fp8"): ("Qwen/Qwen3-32B-FP8", {}),
    ("qwen3-32b", "bf16"): ("Qwen/Qwen3-32B", {}),
    ("deepseek-v3", "fp8"): ("deepseek-ai/DeepSeek-V3", {}),
}
"""Models whose configuration travels with the package; others would be fetched from the network."""


def engine_of(text):
    return next((name for name in ("vllm", "sglang") if name in text), "trtllm")


def ask(case, mode):
    key = (case["model"]["id"], case["weights"])
    if key not in MODELS:
        raise KeyError("the package brings no configuration of this model in this format")
    if case["chip"]["id"] not in SYSTEMS:
        raise KeyError("the package has no measurements of this chip")
    name, extra = MODELS[key]
    extra = dict(extra)
    if case["model"]["mixture"]:
        extra.update(moe_ep_size=case["expert"], moe_tp_size=case["tensor"] // case["expert"])
    found = cli_estimate(
        name,
        SYSTEMS[case["chip"]["id"]],
        mode="agg" if case["kind"] == "mixed" else "static_ctx",
        backend_name=engine_of(case["engine"]),
        database_mode=mode,
        isl=case["input_tokens"],
        osl=max(case["output_tokens"], 2),
        batch_size=case["batch"],
        tp_size=case["tensor"],
        pp_size=case["pipeline"],
        **extra,
    )
    if case["kind"] == "mixed":
        output = case["output_tokens"]
        request_s = (found.ttft + max(output - 1, 1) * found.tpot) / 1e3
        return {"tokens_per_s_per_chip": case["batch"] * output / request_s / case["tensor"] / case["pipeline"]}
    return {"prefill_s": found.ttft / 1e3}


def main():
    cases = json.load(sys.stdin)
    answers, start = {}, time.process_time()
    for case in cases:
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                answers[case["id"]] = ask(case, "SILICON")
        except Exception as error:  # whatever it says is its answer
            text = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
            answers[case["id"]] = {"error": text}
    settings = {"measured kernels": {"answers": answers, "processor_s": time.process_time() - start}}
    print(json.dumps({"import_s": IMPORT_S, "settings": settings}))


if __name__ == "__main__":
    main()
