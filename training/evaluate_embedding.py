#!/usr/bin/env python3
"""In: prepared corpora and a model directory. Out: equal error rates on speakers whom no training heard,
compared with two baselines.

    python3 evaluate_embedding.py --prepared CACHE/prepared --corpora CORPORA --model ../models/starter \
        [--json FILE] [--dump ../build/release/tests/dump_embeddings]  # the engine's embeddings too

All trials of the test split: every pair of segments of 3 to 8 s of speech (diar_train/trials.py), clean and
in noisy rooms, by cosine and by PLDA. "speech_only" cuts the window to the speech, which flatters: in the
pipeline a window's silence moves the mean that its features lose. "cross-session" counts pairs of one speaker
only across two sessions of a recording campaign (wuw_corpus_ii), against all pairs of two of its speakers.
"real_meetings" are the voices of 8 clips of AMI, in no corpus of ours, where they talk alone for a second or
more of 10: few, far and short. Baselines: mean and deviation of 30 MFCCs through LDA of the training
speakers, and the same network untrained.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch

from diar_train.corpora import PreparedCorpora
from diar_train.embedding_windows import EmbeddingWindows, Materials
from diar_train.extract import embed, load_embedding
from diar_train.features import filter_banks, mfcc
from diar_train.networks import EmbeddingNetwork
from diar_train.plda import Plda
from diar_train.real_trials import real_windows
from diar_train.rooms import room_bank
from diar_train.trials import render, segments_of, speech_only, voiced_by_session
from diar_train.verification import equal_error_rate, pair_scores

SPLITS = Path(__file__).parent / "splits"
# samples [W, n], masks [W, S, frames] -> [W, S, dimension]
Embedder = Callable[[np.ndarray, np.ndarray], np.ndarray]


def in_batches(function: Embedder, samples: np.ndarray, masks: np.ndarray) -> np.ndarray:
    return np.concatenate([function(samples[i : i + 8], masks[i : i + 8]) for i in range(0, len(samples), 8)])


def mfcc_statistics(samples: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """[W, S, 60]: mean and deviation of the cepstra under each mask."""
    cepstra = mfcc(filter_banks(torch.from_numpy(samples))).numpy()
    index = np.minimum(np.arange(cepstra.shape[1]) * masks.shape[2] // cepstra.shape[1], masks.shape[2] - 1)
    weights = masks[:, :, index][..., None]
    total = weights.sum(2) + 1e-6
    mean = (weights * cepstra[:, None]).sum(2) / total
    variance = (weights * (cepstra[:, None] - mean[:, :, None]) ** 2).sum(2) / total
    return np.concatenate([mean, np.sqrt(variance)], -1)


def mfcc_lda(args: argparse.Namespace, rooms: np.ndarray) -> Plda:
    """The baseline's LDA, from windows of training speakers."""
    source = EmbeddingWindows(Materials(args.prepared, SPLITS, ["train"]), rooms, (1.0,))
    rng = np.random.default_rng(7)
    rows, speakers = [], []
    for _ in range(args.baseline_windows):
        window = source.window(rng, 160000)
        kept = window.speakers >= 0
        rows.append(mfcc_statistics(window.samples[None], window.masks[None])[0][kept])
        speakers.append(window.speakers[kept])
    return Plda.fit(np.concatenate(rows), np.concatenate(speakers), 40)


def rates(embeddings: np.ndarray, segments: list, corpus_of: list[str], plda: Plda | None) -> dict:
    speakers = np.array([segment.speaker for segment in segments])
    sessions = np.array([segment.session for segment in segments])
    scores, same = pair_scores(embeddings, speakers)
    result: dict = {
        "eer": equal_error_rate(scores, same),
        "same": int(same.sum()),
        "different": int((~same).sum()),
    }
    if plda:
        result["eer_plda"] = equal_error_rate(
            plda.pair_scores(embeddings)[np.triu_indices(len(segments), 1)], same
        )
    with_sessions = np.array([corpus_of[segment.speaker] == "wuw_corpus_ii" for segment in segments])
    if with_sessions.any():
        scores, same = pair_scores(
            embeddings[with_sessions], speakers[with_sessions], sessions[with_sessions]
        )
        result["cross_session"] = {"same": int(same.sum()), "different": int((~same).sum())}
        if same.any():
            result["cross_session"]["eer"] = equal_error_rate(scores, same)
    return result


def engine_agreement(
    dump: Path, model: Path, network: EmbeddingNetwork, samples: np.ndarray, masks: np.ndarray
) -> float:
    """The least cosine between the engine's embeddings, from the samples on, and PyTorch's."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("samples", "masks", "embeddings")]
        samples.astype(np.float32).tofile(paths[0])
        np.repeat(masks, 3, 1).astype(np.float32).tofile(paths[1])
        subprocess.run([str(part) for part in (dump, model, *paths)], check=True, stdout=subprocess.DEVNULL)
        engine = np.fromfile(paths[2], np.float32).reshape(len(samples), 3, -1)[:, 0].astype(np.float64)
    ours = in_batches(partial(embed, network), samples, masks)[:, 0].astype(np.float64)
    return float(
        ((engine * ours).sum(1) / np.linalg.norm(engine, axis=1) / np.linalg.norm(ours, axis=1)).min()
    )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--corpora", type=Path, required=True, help="for the sessions")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--split", default="test", choices=("validation", "test"))
    parser.add_argument("--segments", type=int, default=6, help="of each speaker, at most")
    parser.add_argument("--speakers", type=int, help="only the first so many")
    parser.add_argument(
        "--baseline-windows",
        type=int,
        default=3000,
        help="training windows of the MFCC baseline; 0: no baselines",
    )
    parser.add_argument("--dump", type=Path, help="the dump_embeddings program")
    parser.add_argument("--json", type=Path, help="write the result here too")
    parser.add_argument("--seed", type=int, default=11)
    return parser.parse_args()


def systems_of(
    args: argparse.Namespace, network: EmbeddingNetwork, rooms: np.ndarray
) -> dict[str, tuple[Embedder, Plda | None]]:
    """What is compared, by name: the function that embeds and the PLDA that scores, where there is one."""
    plda = None
    if (args.model / "plda" / "plda.npz").exists():
        plda = Plda.load(args.model / "plda")
    systems: dict[str, tuple[Embedder, Plda | None]] = {"network": (partial(embed, network), plda)}
    if args.baseline_windows:
        untrained = EmbeddingNetwork(network.resnet.conv1.out_channels).eval()
        baseline = mfcc_lda(args, rooms)

        def by_mfcc(samples: np.ndarray, masks: np.ndarray) -> np.ndarray:
            return baseline.features(mfcc_statistics(samples, masks)[:, 0])[:, None]

        systems["mfcc_lda"] = (by_mfcc, None)
        systems["untrained"] = (partial(embed, untrained), None)
    return systems


def on_real_meetings(clips: Path, systems: dict[str, tuple[Embedder, Plda | None]]) -> dict:
    samples, masks, names = real_windows(clips)
    speakers = np.unique(names, return_inverse=True)[1]
    result: dict = {"speakers": len(set(names)), "windows": len(names)}
    for name, (function, _) in systems.items():
        scores, same = pair_scores(in_batches(function, samples, masks)[:, 0], speakers)
        result[name] = {
            "eer": equal_error_rate(scores, same),
            "same": int(same.sum()),
            "different": int((~same).sum()),
        }
    return result


def main() -> None:
    args = parse()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    corpora = PreparedCorpora(args.prepared)
    people = corpora.of_split(SPLITS, args.split)[: args.speakers]
    corpus_of = [speaker.corpus for speaker in people]
    rng = np.random.default_rng(args.seed)
    segments = segments_of(
        [voiced_by_session(corpora, args.corpora, speaker) for speaker in people], args.segments, rng
    )
    with tempfile.TemporaryDirectory() as folder:
        rooms = room_bank(Path(folder) / "rooms.npy", 40, 1, args.seed).astype(np.float32)
    network = load_embedding(args.model / "embedding" / "weights.npz")
    systems = systems_of(args, network, rooms)
    result = {
        "model": str(args.model),
        "split": args.split,
        "speakers": len({segment.speaker for segment in segments}),
        "segments": len(segments),
    }
    for condition, bank in (("clean", None), ("noisy_room", rooms)):
        rendered = [
            render(segment, bank, np.random.default_rng([args.seed, index]))
            for index, segment in enumerate(segments)
        ]
        samples = np.stack([window[0] for window in rendered])
        masks = np.stack([window[1] for window in rendered])[:, None]
        if args.dump and bank is not None:
            result["engine_least_cosine"] = engine_agreement(
                args.dump, args.model, network, samples[:32], masks[:32]
            )
        result[condition] = {
            name: rates(in_batches(function, samples, masks)[:, 0], segments, corpus_of, scorer)
            for name, (function, scorer) in systems.items()
        }
    tight = [speech_only(segment) for segment in segments]
    result["speech_only"] = {
        name: rates(
            np.concatenate([function(samples, mask)[:, 0] for samples, mask in tight]),
            segments,
            corpus_of,
            scorer,
        )
        for name, (function, scorer) in systems.items()
    }
    clips = args.corpora / "eval_ami_30s"
    if clips.is_dir():
        result["real_meetings"] = on_real_meetings(clips, systems)
    text = json.dumps(result, indent=2)
    print(text)
    if args.json:
        args.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
