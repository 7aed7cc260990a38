"""One ResNet window and 1 to 32 segmentation windows compared with onnxruntime, one thread each, by turns.

  compare_windows.py WINDOW_SERVER MODELS [--rounds 15] [--windows 32]

MODELS is what export_models.py has written. Prints CPU milliseconds (medians), the median of the ratios of
neighbouring runs, and how far the results lie apart. The server may be pinned to an instruction set by
DIAR_SIMD."""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime


def session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class Server:
    def __init__(self, program: str, models: Path, features: np.ndarray, samples: np.ndarray, folder: Path):
        self.prefix = folder / "out"
        features.tofile(folder / "features")
        samples.tofile(folder / "samples")
        command = [
            program,
            str(models / "ours"),
            str(folder / "features"),
            str(folder / "samples"),
            str(self.prefix),
        ]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert self.process.stdin and self.process.stdout
        self.requests, self.answers = self.process.stdin, self.process.stdout
        assert self.answers.readline().startswith("ready")

    def run(self, what: str) -> float:
        self.requests.write(what + "\n")
        return float(self.answers.readline())

    def result(self, what: str) -> np.ndarray:
        return np.fromfile(f"{self.prefix}.{what}", dtype=np.float32)


def timed(session: onnxruntime.InferenceSession, name: str, value: np.ndarray) -> tuple[float, np.ndarray]:
    start = time.process_time()
    result = session.run(None, {name: value})[0]
    return time.process_time() - start, result


def report(what: str, ours: list, theirs: list, per: int) -> None:
    ratio = np.array(theirs) / np.array(ours)
    quarter, half, three = np.percentile(ratio, [25, 50, 75])
    print(
        f"{what:22s} ours {1e3 * np.median(ours) / per:7.1f} ms   onnxruntime "
        f"{1e3 * np.median(theirs) / per:7.1f} ms   ratio {half:.2f} (quartiles {quarter:.2f} to "
        f"{three:.2f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("server")
    parser.add_argument("models", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--windows", type=int, default=32)
    arguments = parser.parse_args()
    rng = np.random.default_rng(5)
    features = rng.standard_normal((998, 80)).astype(np.float32) * 3
    samples = (rng.standard_normal((9 + arguments.windows) * 16000) * 0.1).astype(np.float32)
    windows = np.stack([samples[i * 16000 : i * 16000 + 160000] for i in range(arguments.windows)])[:, None]
    embedding, segmentation = (
        session(arguments.models / "onnx" / f"{name}.onnx") for name in ("embedding", "segmentation")
    )
    with tempfile.TemporaryDirectory() as folder:
        server = Server(arguments.server, arguments.models, features, samples, Path(folder))
        few = [n for n in (1, 2, 4, 8, 16) if n < arguments.windows]
        times: dict[str, tuple[list[float], list[float]]] = {"embed": ([], []), "segment": ([], [])}
        few_times: dict[int, tuple[list[float], list[float]]] = {n: ([], []) for n in few}
        for round_ in range(arguments.rounds + 1):  # the first one warms up
            for what, net, name, value in (
                ("embed", embedding, "feats", features[None]),
                ("segment", segmentation, "x", windows[:8]),
            ):
                if what == "segment" and round_ > 1 + arguments.rounds // 3:
                    continue  # a batch takes long enough to need fewer turns
                mine = server.run(what)
                seconds, expected = timed(net, name, value)
                if round_ > 0:
                    times[what][0].append(mine)
                    times[what][1].append(seconds * (arguments.windows / 8 if what == "segment" else 1))
                elif what == "embed":
                    error = np.linalg.norm(server.result(what) - expected[0]) / np.linalg.norm(expected[0])
                else:
                    log_probs = server.result(what).reshape(arguments.windows, -1, 7)[:8]
                    apart = np.abs(log_probs - expected).max()
        for n in few:
            for _ in range(max(3, arguments.rounds // 2)):
                few_times[n][0].append(server.run(f"segment {n}"))
                few_times[n][1].append(timed(segmentation, "x", windows[:n])[0])
        report("ResNet window", *times["embed"], 1)
        for n in few:
            report(f"segmentation, {n} window{'s' if n > 1 else ''}", *few_times[n], 1)
        report(f"segmentation, batch {arguments.windows}", *times["segment"], arguments.windows)
        print(
            f"embedding: relative difference {error:.2e}; segmentation: largest difference of a "
            f"log-probability {apart:.2e}"
        )


if __name__ == "__main__":
    main()
