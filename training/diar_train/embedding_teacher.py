"""In: a pupil's embeddings of noisy windows and a teacher's embeddings of the same speech, clean. Out: how
far the pupil is from telling the teacher's, as a loss.

Class labels say only who is somebody else; a teacher that has heard many thousands of people says how alike
two voices are, and what of a voice a room or a telephone does not change.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .campplus import Engine, campplus_features

# Speech of which a teacher is asked, at least: CAM++ halves the frames, and statistics of a few say nothing.
MIN_SPEECH = 8000


def padded(speech: list[np.ndarray], num_samples: int) -> tuple[Tensor, Tensor]:
    """Recordings of at most `num_samples` -> [N, num_samples], zeros behind, and their lengths [N]."""
    together = np.zeros((len(speech), num_samples), np.float32)
    for row, samples in zip(together, speech):
        row[: len(samples)] = samples
    return torch.from_numpy(together), torch.tensor([len(samples) for samples in speech])


def targets(engine: Engine, speech: Tensor, lengths: Tensor) -> Tensor:
    """speech [N, n] in any unit, of which `lengths` [N] samples count (>= MIN_SPEECH) -> [N, D]."""
    inputs = []
    for samples, length in zip(speech.numpy(), lengths.tolist()):
        inputs.append(campplus_features(samples[:length]))
    return torch.from_numpy(engine.embed(inputs).astype("float32"))


class TeacherGuess(nn.Module):
    """`guess(pupil, teacher)`: [N, P] and [N, D] -> 1 - the cosine between the teacher's embeddings, less
    what all of them share, and what a learned linear map makes of the pupil's; mean (scalar).
    """

    mean: Tensor

    def __init__(self, pupil_size: int, teacher_size: int):
        super().__init__()
        self.map = nn.Linear(pupil_size, teacher_size)
        self.register_buffer("mean", torch.zeros(teacher_size))
        self.register_buffer("count", torch.zeros(()))

    @torch.no_grad()
    def hear(self, teacher: Tensor) -> None:
        """Keeps the mean of all that the teacher has said."""
        self.count += len(teacher)
        self.mean += (teacher - self.mean).sum(0) / self.count

    def forward(self, pupil: Tensor, teacher: Tensor) -> Tensor:
        return (1 - F.cosine_similarity(self.map(pupil.float()), teacher - self.mean)).mean()
