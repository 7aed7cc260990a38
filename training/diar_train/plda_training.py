"""In: the command line of a script that fits a PLDA to CAM++'s embeddings. Out: its engine and rooms, and the
PLDA in a folder of the model directory.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from .campplus import Engine
from .plda import Plda
from .rooms import room_bank

_ENGINE = Path(__file__).resolve().parents[2] / "build/release/tests/dump_campplus"


def command_line(description: str | None, folder: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True, help="what the engine reads as a CAM++")
    parser.add_argument(
        "--out", type=Path, required=True, help=f"directory of the model; {folder}/ is written there"
    )
    parser.add_argument("--engine", type=Path, default=_ENGINE)
    parser.add_argument(
        "--rooms", type=Path, help="rooms.npy of another training; made and kept in --prepared otherwise"
    )
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument(
        "--keep",
        type=Path,
        help="file for the embeddings and speakers (npz), to fit again without computing them",
    )
    parser.add_argument(
        "--shrinkage",
        type=float,
        default=1e-3,
        help="share of the mean variance within speakers that every direction gets before the LDA: more where"
        " examples are few",
    )
    return parser


def prepare(args: argparse.Namespace) -> tuple[Engine, np.ndarray]:
    torch.set_num_threads(1)
    rooms = room_bank(args.rooms or args.prepared / "rooms.npy", 60, 6, args.seed).astype(np.float32)
    return Engine(args.engine.resolve(), args.checkpoint), rooms


def fit(
    args: argparse.Namespace,
    folder: str,
    rows: np.ndarray,
    speakers: np.ndarray,
    held_out: np.ndarray,
    names: np.ndarray,
) -> Plda:
    """Embeddings of training speakers and of others; the latter are only kept."""
    if args.keep:
        np.savez(args.keep, rows=rows, speakers=speakers, held_out=held_out, names=names)
    plda = Plda.fit(rows, speakers, shrinkage=args.shrinkage)
    plda.save(args.out / folder)
    return plda
