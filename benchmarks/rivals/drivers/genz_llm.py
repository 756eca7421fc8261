"""Ask GenZ. Run by the interpreter that has it: reads cases as JSON on standard input, prints answers as JSON."""

import contextlib
import io
import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")
begin = time.process_time()
from GenZ import decode_moddeling, prefill_moddeling  # noqa: E402
from GenZ.Models.default_models import ModelConfig  # noqa: E402

IMPORT_S = time.process_time() - begin
SETTINGS = {"default (efficiency 1)": 1.0, "efficiency 0.7": 0.7}
BITS = {"bf16": "bf16", "fp16": "bf16", "fp8": "fp8", "int8": "int8", "int4": "int4", "fp4": "fp4"}


def model_of(widths):
    """Return GenZ's own description where we cannot give ours (mixtures), else ours."""
    if widths["mixture"]:
        return "deepseek-ai/DeepSeek-V3-Base"
    return ModelConfig(
        model=widths["id"],
        vocab_size=widths["vocabulary"],
        hidden_size=widths["hidden"],
        intermediate_size=widths["ffn"],
        num_ffi=2 if widths["gated"] else 1,
        num_decoder_layers=widths["layers"],
        num_attention_heads=widths["heads"],
        num_key_value_heads=widths["kv_heads"],
        head_dim=widths["head_dim"],
        max_model_len=1_000_000,
    )


def ask(case, efficiency):
    chip = case["chip"]
    system = {
        "Flops": chip["bf16_tflop_s"],
        "Memory_size": chip["memory_gb"],
        "Memory_BW": chip["memory_gb_s"],
        "ICN": chip["link_gb_s"],
        "real_values": True,
    }
    common = {
        "model": model_of(case["model"]),
        "system_name": system,
        "system_eff": efficiency,
        "bits": BITS[case["weights"]],
        "tensor_parallel": case["tensor"],
        "pipeline_parallel": case["pipeline"],
    }
    answer = {}
    if case["kind"] != "decode":
        answer["prefill_s"] = (
            float(prefill_moddeling(batch_size=1, input_tokens=case["input_tokens"], **common)["Latency"]) / 1e3
        )
    if case["kind"] != "prefill":
        context = case["input_tokens"] + (case["output_tokens"] // 2 if case["kind"] == "mixed" else 0)
        found = decode_moddeling(batch_size=case["batch"], Bb=1, input_tokens=context, output_tokens=0, **common)
        answer["decode_s"] = float(found["Latency"]) / 1e3
    return answer


def main():
    cases = json.load(sys.stdin)
    settings = {}
    for name, efficiency in SETTINGS.items():
        answers, start = {}, time.process_time()
        for case in cases:
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    answers[case["id"]] = ask(case, efficiency)
            except Exception as error:  # whatever it says is its answer
                answers[case["id"]] = {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"}
        settings[name] = {"answers": answers, "processor_s": time.process_time() - start}
    print(json.dumps({"import_s": IMPORT_S, "settings": settings}))


if __name__ == "__main__":
    main()
