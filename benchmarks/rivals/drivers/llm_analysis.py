"""Ask llm-analysis. Run by the interpreter that has it: reads cases as JSON on standard input, prints answers as JSON."""

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
from llm_analysis.analysis import ActivationRecomputation, DSZeRO, LLMAnalysis  # noqa: E402
from llm_analysis.config import DtypeConfig, GPUConfig, ModelConfig, ParallelismConfig, get_gpu_config_by_name  # noqa: E402

logging.disable(logging.CRITICAL)
IMPORT_S = time.process_time() - begin
SERVING = {"default (efficiency 1)": (1.0, 1.0), "its example (0.7 of FLOP/s, 0.9 of bandwidth)": (0.7, 0.9)}
TRAINING = {"default (efficiency 1)": (1.0, 1.0), "its example (0.5 of FLOP/s, 0.9 of bandwidth)": (0.5, 0.9)}
WIDTH = {"bf16": (16, 16), "fp16": (16, 16), "fp8": (8, 8), "int8": (8, 8), "int4": (4, 16)}
OWN = {"a100-sxm4-80gb": "a100-sxm-80gb", "h100-sxm5-80gb": "h100-sxm-80gb"}
"""Chips that it describes itself; the others are added, with the node of the H100."""
RECOMPUTE = {
    "none": ActivationRecomputation.NONE,
    "selective": ActivationRecomputation.SELECTIVE,
    "full": ActivationRecomputation.FULL,
}


def model_of(widths):
    """Return its description of a model and what had to be changed.

    The release knows two matrices per feed-forward layer, of a width that is a multiple of the hidden one: a gated layer
    becomes the nearest such layer with as many weights.
    """
    if widths["mixture"]:
        raise ValueError("multi-head latent attention is not known to it")
    width = widths["ffn"] * (1.5 if widths["gated"] else 1.0)
    ratio = max(round(width / widths["hidden"]), 1)
    changed = ratio * widths["hidden"] / width - 1
    model = ModelConfig(
        name=widths["id"],
        num_layers=widths["layers"],
        n_head=widths["heads"],
        hidden_dim=widths["hidden"],
        vocab_size=widths["vocabulary"],
        max_seq_len=1_000_000,
        num_key_value_heads=widths["kv_heads"],
        ffn_embed_dim=ratio * widths["hidden"],
    )
    return model, f"feed-forward weights changed by {changed:+.0%}" if abs(changed) > 0.005 else ""


def gpu_of(chip):
    if chip["id"] in OWN:
        return get_gpu_config_by_name(OWN[chip["id"]])
    like = get_gpu_config_by_name("h100-sxm-80gb")
    return GPUConfig(
        name=chip["id"],
        mem_per_GPU_in_GB=chip["memory_gb"],
        hbm_bandwidth_in_GB_per_sec=chip["memory_gb_s"],
        intra_node_bandwidth_in_GB_per_sec=chip["link_gb_s"],
        intra_node_min_message_latency=like.intra_node_min_message_latency,
        peak_fp16_TFLOPS=chip["bf16_tflop_s"],
        inter_node_bandwidth_in_GB_per_sec=like.inter_node_bandwidth_in_GB_per_sec,
    )


def analysis_of(case, efficiencies):
    model, note = model_of(case["model"])
    weight, activation = WIDTH[case.get("weights", "bf16")]
    layout = ParallelismConfig(tp_size=case["tensor"], pp_size=case["pipeline"], dp_size=case.get("data", 1))
    kind = DtypeConfig(
        name=f"w{weight}a{activation}e16", weight_bits=weight, activation_bits=activation, embedding_bits=16
    )
    flop, memory = efficiencies
    return LLMAnalysis(
        model, gpu_of(case["chip"]), kind, layout, flops_efficiency=flop, hbm_memory_efficiency=memory
    ), note


def ask(case, efficiencies):
    analysis, note = analysis_of(case, efficiencies)
    if case["kind"] == "training":
        found = analysis.training(
            batch_size_per_gpu=case["micro_batch"],
            global_batch_size=case["sequences"],
            seq_len=case["sequence_tokens"],
            total_num_tokens=int(case["tokens"] or 1e12),
            activation_recomputation=RECOMPUTE.get(case["recompute"], ActivationRecomputation.FULL),
            ds_zero=DSZeRO(1),
        )
        chips = case["tensor"] * case["pipeline"] * case["data"]
        rate = case["sequences"] * case["sequence_tokens"] / found["latency_per_iter"] / chips
        return {"tokens_per_s_per_chip": rate, "note": note}
    answer = {"note": note}
    if case["kind"] != "decode":
        found = analysis.inference(batch_size_per_gpu=1, seq_len=case["input_tokens"], num_tokens_to_generate=1)
        answer["prefill_s"] = found["prefill_latency"]
    if case["kind"] != "prefill":
        context = case["input_tokens"] + (case["output_tokens"] // 2 if case["kind"] == "mixed" else 0)
        found = analysis.inference(batch_size_per_gpu=case["batch"], seq_len=context, num_tokens_to_generate=1)
        answer["decode_s"] = found["decode_latency"]
    return answer


def main():
    cases = json.load(sys.stdin)
    known = TRAINING if cases and cases[0]["kind"] == "training" else SERVING
    settings = {}
    for name, efficiencies in known.items():
        answers, start = {}, time.process_time()
        for case in cases:
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    answers[case["id"]] = ask(case, efficiencies)
            except Exception as error:  # whatever it says is its answer
                answers[case["id"]] = {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"}
        settings[name] = {"answers": answers, "processor_s": time.process_time() - start}
    print(json.dumps({"import_s": IMPORT_S, "settings": settings}))


if __name__ == "__main__":
    main()
