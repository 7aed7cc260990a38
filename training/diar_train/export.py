"""A network out of a checkpoint into the project's model format (npz, float16, PyTorch names), and from there
into a network.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch


def fill(network: torch.nn.Module, path: Path, derived: tuple[str, ...], what: str) -> None:
    """Weights of a file into `network`; only tensors whose names end with one of `derived` may be missing."""
    with np.load(path) as arrays:
        state = {name: torch.from_numpy(np.asarray(arrays[name], np.float32)) for name in arrays.files}
    missing, unexpected = network.load_state_dict(state, strict=False)
    missing = [name for name in missing if not name.endswith(derived)]
    if missing or unexpected:
        raise SystemExit(f"{path} is not {what}: missing {missing}, unexpected {unexpected}")


def mean(networks: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """What several runs from the same weights have in common: each has its own noise of the last steps.
    Counters are those of the first.
    """
    return {
        name: torch.stack([network[name] for network in networks]).mean(0)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in networks[0].items()
    }


def export_command(
    description: str,
    left_out: tuple[str, ...],
    add_options: Callable[[argparse.ArgumentParser], None] | None = None,
    adjust: Callable[[dict[str, torch.Tensor], argparse.Namespace], None] | None = None,
) -> None:
    """--checkpoint and --out of the command line; tensors whose names end with one of `left_out` are left
    out. `add_options(parser)` and `adjust(tensors, args)` add what one network needs."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        nargs="+",
        required=True,
        help="of several, which parted from one another late, the mean",
    )
    parser.add_argument("--out", type=Path, required=True)
    if add_options:
        add_options(parser)
    args = parser.parse_args()
    network = mean(
        [torch.load(path, map_location="cpu", weights_only=True)["network"] for path in args.checkpoint]
    )
    if adjust:
        adjust(network, args)
    tensors = {
        name: tensor.contiguous().numpy().astype(np.float16)
        for name, tensor in network.items()
        if not name.endswith(left_out)
    }
    bad = [name for name, tensor in tensors.items() if not np.isfinite(tensor).all()]
    if bad:
        raise SystemExit(f"beyond float16: {', '.join(bad)}")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(args.out, **tensors)
    print(
        f"{len(tensors)} tensors, {sum(tensor.size for tensor in tensors.values())} values, "
        f"{args.out.stat().st_size / 1e6:.2f} MB -> {args.out}"
    )
