"""Makes tests/data/golden: golden models, recordings, and every stage of the genuine pyannote.audio pipeline
on them.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import tempfile
import wave
from pathlib import Path

import environment  # first: fixes threads, telemetry and the CUDA check

# isort: split

import numpy as np
import torch

import capture
import embedding as embedding_tool
import margins
import models
import plda as plda_tool
import segmentation as segmentation_tool
from recordings import POOL_VOICES, catalogue, samples_of

SEEDS = {"segmentation": 11, "m8a": 21, "m8b": 22, "m32": 23}
MAX_ATTEMPTS = 40
# Stages kept for a run that only changes the call, not the networks' outputs.
NETWORK_STAGES = (
    "segmentation",
    "log_probs",
    "log_prob_chunks",
    "used_masks",
    "embeddings",
    "fbank_rows",
    "fbank_chunks",
    "fbank",
    "speaker_counting",
    "train_chunk_idx",
    "train_speaker_idx",
    "linkage",
    "ahc_clusters",
    "plda_features",
    "vbx_gamma",
    "vbx_pi",
    "vbx_elbo",
)


def build_models(build: Path, out: Path, log) -> None:
    """Fills build/models (pyannote checkpoints) and out/models (our layout); kept between calls of one build
    folder.
    """
    stamp = build / "models" / "done"
    if stamp.exists() and (out / "models").exists():
        return
    shutil.rmtree(out / "models", ignore_errors=True)
    segmentation = segmentation_tool.fit(SEEDS["segmentation"], build / "segmentation_features.pt", log=log)
    models.save_weights(out / "models" / "segmentation" / "weights.npz", segmentation.state_dict())
    pool = embedding_tool.voice_pool(POOL_VOICES, 170, build / "pool.pt")
    for name, m_channels, sharpness in (("m8a", 8, 2.0), ("m8b", 8, 4.0), ("m32", 32, 2.0)):
        if m_channels == 32:
            pool = tuple(part[:70] for part in pool[:3]) + pool[3:]
        network, exponents, embeddings, owners = embedding_tool.make(m_channels, SEEDS[name], pool, log=log)
        xvec_transform, plda = plda_tool.make_plda(embeddings, owners, SEEDS[name], sharpness)
        folder = out / "models" / name
        models.save_model_json(folder, f"golden {name}")
        models.save_plda(folder / "plda", xvec_transform, plda)
        if m_channels == 8:
            models.save_weights(folder / "embedding" / "weights.npz", network.state_dict())
        else:
            small = {key: value for key, value in network.state_dict().items() if key not in exponents}
            models.save_weights(folder / "embedding" / "small_tensors.npz", small)
            models.save_formula(
                folder / "embedding" / "formula.json",
                network.state_dict(),
                exponents,
                embedding_tool.FORMULA_SEED,
            )
        models.save_pyannote(build / "models" / name, segmentation, network, xvec_transform, plda)
    stamp.write_text("")


def write_audio(samples: np.ndarray, path: Path) -> str:
    """Writes FLAC, checks that it decodes to the same samples, returns their SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "audio.wav"
        with wave.open(str(wav), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16000)
            file.writeframes(samples.astype("<i2").tobytes())
        subprocess.run(
            [
                "ffmpeg",
                "-v",
                "error",
                "-y",
                "-i",
                str(wav),
                "-map_metadata",
                "-1",
                "-fflags",
                "+bitexact",
                "-flags:a",
                "+bitexact",
                "-compression_level",
                "12",
                str(path),
            ],
            check=True,
        )
    decoded = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(path), "-f", "s16le", "-"], check=True, capture_output=True
    ).stdout
    assert decoded == samples.astype("<i2").tobytes(), (
        f"{path} does not decode to the samples it was made from"
    )
    return hashlib.sha256(decoded).hexdigest()


def filter_banks(pipeline, waveform: np.ndarray, chunks) -> np.ndarray:
    """[len(chunks), 998, 80] features of the padded chunks, mean removed."""
    padded = np.zeros(((len(waveform) // 16000) + 11) * 16000, dtype=np.float32)
    padded[: len(waveform)] = waveform
    batch = np.stack([padded[c * 16000 : c * 16000 + 160000] for c in chunks])
    with torch.inference_mode():
        return pipeline._embedding.model_.compute_fbank(torch.from_numpy(batch[:, None])).numpy()


FBANK_ROWS = np.array([0, 1, 2, 31, 100, 101, 250, 499, 500, 601, 700, 777, 850, 949, 996, 997])


def packed_stages(stages: dict, recording, pipeline, waveform: np.ndarray, first: bool) -> dict:
    """The arrays that are committed for one run: hard decisions of all chunks, soft ones of a few."""
    kept = {}
    small = {
        "segmentation": np.uint8,
        "speaker_counting": np.uint8,
        "used_masks": np.uint8,
        "discrete_diarization": np.uint8,
        "exclusive_diarization": np.uint8,
        "ahc_clusters": np.int32,
        "kmeans_clusters": np.int32,
        "capped_count": np.uint8,
    }
    for key, value in stages.items():
        if isinstance(value, str) or key in ("log_probs", "soft_clusters"):
            continue
        array = np.asarray(value)
        if key in small:
            assert np.array_equal(array.astype(small[key]), array), key
            array = array.astype(small[key])
        kept[key] = array
    if "soft_clusters" in stages:
        kept["soft_clusters"] = stages["soft_clusters"]
    if first:
        chunks = [c for c in recording.log_prob_chunks if c < len(stages["segmentation"])]
        kept["log_prob_chunks"] = np.array(chunks, dtype=np.int32)
        kept["log_probs"] = stages["log_probs"][chunks].astype(np.float32)
        kept["segmentation_gap_below_1e-3"] = np.packbits(
            margins.segmentation_margin(stages["log_probs"]) < 1e-3, axis=-1
        )
        last = len(stages["segmentation"]) - 1
        fbank_chunks = sorted({0, last})
        features = filter_banks(pipeline, waveform, fbank_chunks)
        kept["fbank_chunks"] = np.array(fbank_chunks, dtype=np.int32)
        kept["fbank_rows"] = FBANK_ROWS.astype(np.int32)
        kept["fbank"] = features[:, FBANK_ROWS]
    else:
        kept = {key: value for key, value in kept.items() if key not in NETWORK_STAGES}
    return kept


def record(recording, attempt: int, build: Path, out: Path, log):
    """Runs all calls of one recording. Returns (manifest entries, reasons why it is too near an edge)."""
    samples = samples_of(recording, attempt)
    waveform = samples.astype(np.float32) / np.float32(32768)
    entries, reasons, pending = {}, [], []
    gap = capture.segmentation_gap(models.load_pipeline(build / "models" / recording.model, {}), waveform)
    if gap < margins.LIMITS["log_prob_min_gap"]:  # cheap, and the usual reason
        return {}, [f"log_prob_min_gap {gap:.2g}"]
    for suffix, call, overrides in recording.runs:
        name = recording.name + (f"-{suffix}" if suffix else "")
        pipeline = models.load_pipeline(build / "models" / recording.model, overrides)
        stages = capture.run_pipeline(pipeline, waveform, recording.name, call)
        forced = "kmeans_clusters" in stages
        found = margins.measure(stages, constrained=not forced)
        bad = margins.verdict(found)
        if not margins.survives_noise(pipeline, stages, call):
            bad.append("clusters change under noise of 2e-5")
        reasons += [f"{name}: {reason}" for reason in bad]
        if bad:
            return {}, reasons
        labels = sorted({line.split()[7] for line in stages["rttm"].splitlines()})
        entries[name] = {
            "audio": f"audio/{recording.name}.flac",
            "model": recording.model,
            "base": recording.name if suffix else None,
            "call": call,
            "overrides": overrides,
            "what": recording.what,
            "num_chunks": len(stages["segmentation"]),
            "num_speakers": len(labels),
            "kmeans": forced,
            "classes_used": margins.classes_used(stages["segmentation"]),
            "margins": found,
            "stages": sorted(key for key in stages if not key.endswith("rttm")),
        }
        if forced:
            entries[name].update(margins.kmeans_stability(stages))
        pending.append((name, packed_stages(stages, recording, pipeline, waveform, first=not suffix), stages))
        log(
            f"  {name}: {entries[name]['num_chunks']} chunks, {len(labels)} speakers, clusters "
            f"{len(stages.get('centroids', []))}, kmeans {forced}, train "
            f"{len(stages.get('train_chunk_idx', []))}, gap {found['log_prob_min_gap']:.2g}"
        )
    digest = write_audio(samples, out / "audio" / f"{recording.name}.flac")
    for name, kept, stages in pending:
        folder = out / "runs" / name
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(folder / "stages.npz", **kept)
        (folder / "diarization.rttm").write_text(stages["rttm"])
        (folder / "exclusive.rttm").write_text(stages["exclusive_rttm"])
        entries[name].update(num_samples=len(samples), pcm_sha256=digest, attempt=attempt)
    return entries, reasons


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="golden data folder to (re)make, for example tests/data/golden",
    )
    parser.add_argument(
        "--build", type=Path, required=True, help="scratch folder for the pyannote checkpoints"
    )
    parser.add_argument("--only", nargs="*", help="recordings to make; default all")
    parser.add_argument("--skip-units", action="store_true")
    args = parser.parse_args()
    capture.install_stable_argsort()
    args.build.mkdir(parents=True, exist_ok=True)

    def log(text: str) -> None:
        print(text, flush=True)

    build_models(args.build, args.out, log)

    path = args.out / "manifest.json"
    before = json.loads(path.read_text()) if path.exists() else {"runs": {}}
    manifest = before if args.only else {"runs": {}}
    names = [recording.name for recording in catalogue({})]
    for name in names:
        if args.only and name not in args.only:
            continue
        # the seed that did last time is tried first
        for attempt in range(before["runs"].get(name, {}).get("attempt", 0), MAX_ATTEMPTS):
            recording = next(r for r in catalogue({name: attempt}) if r.name == name)
            log(f"{name} (attempt {attempt})")
            entries, reasons = record(recording, attempt, args.build, args.out, log)
            if entries:
                manifest["runs"].update(entries)
                break
            log(f"  too near an edge: {reasons}")
        else:
            raise SystemExit(f"{name}: no seed in {MAX_ATTEMPTS} keeps away from the edges")
    manifest.update(
        format="diarize.cpp golden data",
        version=1,
        versions=environment.versions(),
        seeds=SEEDS,
        argsort=(
            "numpy.argsort in pyannote/audio/pipelines/utils/diarization.py runs with kind='stable' "
            "(ties: lower cluster index first)"
        ),
        models={
            "m8a": {"segmentation": "models/segmentation", "rest": "models/m8a"},
            "m8b": {"segmentation": "models/segmentation", "rest": "models/m8b"},
            "m32": {
                "segmentation": "models/segmentation",
                "rest": "models/m32",
                "formula": "models/m32/embedding/formula.json",
            },
        },
    )
    path.write_text(json.dumps(manifest, indent=1) + "\n")
    if not args.skip_units:
        import units

        units.write_all(args.out / "unit", log)


if __name__ == "__main__":
    main()
