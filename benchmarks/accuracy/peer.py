#!/usr/bin/env python3
"""In: recordings and one of the peers. Out: OUT/NAME.rttm of each, and one JSON line of seconds.

    peer.py sherpa-onnx|senko NETWORKS OUT AUDIO...

NETWORKS is the folder of the set `open` (segmentation-3.0 and CAM++ as their authors published them);
sherpa-onnx gets both as ONNX files that are exported into NETWORKS' sibling `onnx`, senko brings copies of
the same files. Each runs with its own defaults on two threads. Loading is not timed.
"""

from __future__ import annotations

import json
import os
import sys
import time
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np

THREADS = 2
ROOT = Path(__file__).resolve().parents[2]
# (start_s, end_s, speaker)
Turns = list[tuple[float, float, str]]


def read_wav(path: Path) -> np.ndarray:
    with wave.open(str(path), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2), path
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float32) / 32768


def export(
    network: object, example: object, path: Path, axes: dict, names: tuple[str, str], metadata: dict
) -> None:
    import onnx
    import torch

    torch.onnx.export(
        network,
        (example,),
        str(path),
        input_names=[names[0]],
        output_names=[names[1]],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load(str(path))
    for key, value in metadata.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, str(value)
    onnx.save(model, str(path))


def export_networks(networks: Path, out: Path) -> None:
    import torch

    sys.path[:0] = [str(ROOT / "training"), str(ROOT / "tools" / "parity")]
    import campplus_model

    from diar_train.networks import SegmentationNetwork

    out.mkdir(parents=True, exist_ok=True)
    state = torch.load(
        networks / "segmentation" / "pytorch_model.bin", map_location="cpu", weights_only=False
    )
    segmentation = SegmentationNetwork()
    known = segmentation.state_dict()
    segmentation.load_state_dict({name: state["state_dict"][name] for name in known})
    export(
        segmentation.eval(),
        torch.randn(1, 1, 160000),
        out / "segmentation.onnx",
        {"x": {0: "N"}, "y": {0: "N"}},
        ("x", "y"),
        {
            "model_type": "pyannote-segmentation-3.0",
            "num_speakers": 3,
            "powerset_max_classes": 2,
            "num_classes": 7,
            "sample_rate": 16000,
            "window_size": 160000,
            "receptive_field_size": 991,
            "receptive_field_shift": 270,
        },
    )
    export(
        campplus_model.load(networks / "embedding" / "pytorch_model.bin"),
        torch.randn(1, 498, 80),
        out / "embedding.onnx",
        {"x": {0: "N", 1: "T"}, "embedding": {0: "N"}},
        ("x", "embedding"),
        {
            "framework": "3d-speaker",
            "language": "Chinese-English",
            "url": "https://modelscope.cn/models/iic/speech_campplus_sv_zh_en_16k-common_advanced",
            "comment": "exported for a comparison",
            "sample_rate": 16000,
            "output_dim": 192,
            "normalize_samples": 1,
            "feature_normalize_type": "global-mean",
        },
    )


def sherpa_onnx(networks: Path) -> Callable[[Path], Turns]:
    import sherpa_onnx as s

    folder = networks.parent / "onnx"
    if not (folder / "embedding.onnx").exists():
        export_networks(networks, folder)
    diarization = s.OfflineSpeakerDiarization(
        s.OfflineSpeakerDiarizationConfig(
            segmentation=s.OfflineSpeakerSegmentationModelConfig(
                pyannote=s.OfflineSpeakerSegmentationPyannoteModelConfig(
                    model=str(folder / "segmentation.onnx")
                ),
                num_threads=THREADS,
            ),
            embedding=s.SpeakerEmbeddingExtractorConfig(
                model=str(folder / "embedding.onnx"), num_threads=THREADS
            ),
            clustering=s.FastClusteringConfig(num_clusters=-1),
        )
    )
    return lambda path: [
        (turn.start, turn.end, f"speaker_{turn.speaker:02}")
        for turn in diarization.process(read_wav(path)).sort_by_start_time()
    ]


def senko(networks: Path) -> Callable[[Path], Turns]:
    import torch
    from senko import Diarizer

    torch.set_num_threads(THREADS)
    diarizer = Diarizer(device="cpu", warmup=False, quiet=True)

    def run(path: Path) -> Turns:
        result = diarizer.diarize(str(path), generate_colors=False)
        return [(t["start"], t["end"], t["speaker"]) for t in (result or {}).get("merged_segments", [])]

    return run


PEERS = {"sherpa-onnx": sherpa_onnx, "senko": senko}


def main() -> None:
    what, networks, out, *audio = sys.argv[1:]
    diarize = PEERS[what](Path(networks))
    Path(out).mkdir(parents=True, exist_ok=True)
    # Libraries print; only the answer goes to the pipe.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    for path in map(Path, audio):
        turns = diarize(path)
        (Path(out) / f"{path.stem}.rttm").write_text(
            "".join(
                f"SPEAKER {path.stem} 1 {start:.3f} {end - start:.3f} <NA> <NA> {speaker} <NA> <NA>\n"
                for start, end, speaker in turns
            )
        )
    times = {"wall_s": time.perf_counter() - wall_s, "cpu_s": time.process_time() - cpu_s}
    print(json.dumps(times), file=answer, flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", str(THREADS))
    os.environ.setdefault("NUMBA_NUM_THREADS", str(THREADS))
    main()
